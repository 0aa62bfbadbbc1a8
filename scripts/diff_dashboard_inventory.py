#!/usr/bin/env python3
"""The same as `dashwright inventory diff`, for those who call it as a script."""

import sys

from backend_server.cli.main import call

sys.exit(call(["inventory", "diff", *sys.argv[1:]]))
