"""What all reconcile tests stand on: the fake Grafana's fixtures, and a folder with one template."""

from pathlib import Path

import pytest

from tests.support.grafana import dashboards_dir, fake_grafana
from tests.support.reconciling import template_source

__all__ = ["dashboards_dir", "fake_grafana", "templates"]


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A templates folder that holds `generic.json`."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "generic.json").write_bytes(template_source())
    return folder
