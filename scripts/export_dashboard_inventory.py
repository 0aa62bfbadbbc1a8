#!/usr/bin/env python3
"""The same as `dashwright inventory export`, for those who call it as a script."""

from backend_server.cli.generate import export

export()
