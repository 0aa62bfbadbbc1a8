#!/usr/bin/env python3
"""The same as `dashwright inventory diff`, for those who call it as a script."""

from backend_server.cli.generate import diff

diff()
