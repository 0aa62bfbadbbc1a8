"""Whether the service of these settings answers: what a container's health check runs. Ends with 0 or 1.

python -m backend_server.runtime.healthcheck
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

from backend_server.cli.context import current_settings
from backend_server.errors import ConfigError

_ASK_SECONDS = 4.0


def main() -> int:
    """Ask for its health where it listens."""
    try:
        url = f"{current_settings().own_base}/server/health"
    except ConfigError as fault:
        print(fault.message, file=sys.stderr)
        return 1
    if answers(url, _ASK_SECONDS):
        return 0
    print(f"{url} does not answer, or says that it is not ready.", file=sys.stderr)
    return 1


def answers(url: str, seconds: float) -> bool:
    """Whether an address of ours answers 200 in time."""
    # Whatever proxy the environment names, it is not for our own addresses.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=seconds) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
