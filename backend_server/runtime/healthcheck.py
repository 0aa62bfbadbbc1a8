"""Whether the service of these settings answers: what a container's health check runs. Ends with 0 or 1.

python -m backend_server.runtime.healthcheck
"""

from __future__ import annotations

import http.client
import sys

from backend_server.errors import ConfigError
from backend_server.settings import current_settings
from backend_server.settings.topology import public_place

from .sockets import UNIX, connect

HEALTH_PATH = "/server/health"
INSTANCE_HEADER = "X-Dashwright-Instance"
_ASK_SECONDS = 4.0


def main() -> int:
    """Ask for its health at the public port: the edge, where there is one, and `web` behind it."""
    try:
        place = public_place(current_settings())
    except ConfigError as fault:
        print(fault.message, file=sys.stderr)
        return 1
    if answers(place, HEALTH_PATH, _ASK_SECONDS):
        return 0
    print(f"http://{place}{HEALTH_PATH} does not answer, or says that it is not ready.", file=sys.stderr)
    return 1


def answers(address: str, path: str, timeout_seconds: float, *, instance: str = "") -> bool:
    """Whether an address answers 200 for a path in time; whatever proxy the environment names is not asked.

    With `instance` only the programs of that one `dashwright run` count: anything may listen on a port.
    """
    connection = _Connection(address, timeout_seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status == 200 and (not instance or answer.getheader(INSTANCE_HEADER) == instance)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """HTTP to an address, a unix socket's too."""

    def __init__(self, address: str, timeout_seconds: float) -> None:
        super().__init__("localhost" if address.startswith(UNIX) else address)
        self._address, self._timeout_seconds = address, timeout_seconds

    def connect(self) -> None:
        self.sock = connect(self._address, self._timeout_seconds)


if __name__ == "__main__":
    sys.exit(main())
