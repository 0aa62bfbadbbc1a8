"""PromQL: check it with positions, Grafana's macros and our placeholders understood, and say what it selects. Pure."""

from backend_server.promql.check import check_promql
from backend_server.promql.result_labels import result_labels
from backend_server.promql.selects import Selects, selects_of
from backend_server.promql.stand_ins import grafana_parts
from backend_server.promql.types import experimental_parts, is_readable_label, is_readable_name, rated_metric, unusable

__all__ = [
    "Selects",
    "check_promql",
    "experimental_parts",
    "grafana_parts",
    "is_readable_label",
    "is_readable_name",
    "rated_metric",
    "result_labels",
    "selects_of",
    "unusable",
]
