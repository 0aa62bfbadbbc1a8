#!/usr/bin/env python3
"""The same as `dashwright generate`, for those who call it as a script."""

import sys

from backend_server.cli.main import call

sys.exit(call(["generate", *sys.argv[1:]]))
