"""What the service says about itself: log lines and metrics, both without secrets."""

from backend_server.telemetry.logs import configure_logging, get_logger
from backend_server.telemetry.metrics import Metrics

__all__ = ["Metrics", "configure_logging", "get_logger"]
