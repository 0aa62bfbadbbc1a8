#!/usr/bin/env python3
"""The same as `dashwright generate`, for those who call it as a script."""

from backend_server.cli.generate import generate

generate()
