"""The settings of this process: the one place that reads the environment for all rooms."""

from __future__ import annotations

import os
from pathlib import Path

from .load import load_settings
from .table import Settings

ENV_FILE = Path(".env")
DEFAULTS = "DASHWRIGHT_DEFAULTS"  # names a file of defaults: an image's


def current_settings() -> Settings:
    """Read the settings from the environment and `.env`; raises ConfigError."""
    defaults = os.environ.get(DEFAULTS)
    return load_settings(os.environ, env_file=ENV_FILE, defaults_file=Path(defaults) if defaults else None)
