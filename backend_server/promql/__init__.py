"""PromQL: check it with positions, Grafana's macros and our placeholders understood, and say what it selects. Pure."""

from backend_server.promql.check import check_promql
from backend_server.promql.result_labels import result_labels
from backend_server.promql.selects import Selects, selects_of

__all__ = ["Selects", "check_promql", "result_labels", "selects_of"]
