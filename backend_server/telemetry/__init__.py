"""What the service says about itself: log lines and metrics, both without secrets."""

from .logs import configure_logging, get_logger
from .metrics import Metrics

__all__ = ["Metrics", "configure_logging", "get_logger"]
