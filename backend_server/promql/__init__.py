"""PromQL: check it with positions, Grafana's macros and our placeholders understood, and say what it selects. Pure."""

from .check import check_promql
from .macro_substitutes import grafana_parts
from .result_labels import result_labels
from .selects import Selection, selects_of
from .types import experimental_parts, is_readable_label, is_readable_name, rated_metric, unusable

__all__ = [
    "Selection",
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
