"""The dashboard document: reading, canonical bytes, signature, preflight, share-readiness, inlining. Pure."""

from backend_server.primitives.canonical_json import canonical_bytes

from .document import STAMP_KEY, Document, content_of, is_intact, stamp
from .inlining import inline
from .panels import (
    DatasourceUse,
    Panel,
    PlacedPanel,
    all_panels,
    datasource_of,
    datasources_used,
    panel_by_id,
    panel_name,
    panel_signature,
    placed_panels,
    targets_of,
)
from .preflight import preflight
from .reading import read_dashboard
from .sharing import ShareProblem, share_problems
from .visitors import strip_queries

__all__ = [
    "STAMP_KEY",
    "DatasourceUse",
    "Document",
    "Panel",
    "PlacedPanel",
    "ShareProblem",
    "all_panels",
    "canonical_bytes",
    "content_of",
    "datasource_of",
    "datasources_used",
    "inline",
    "is_intact",
    "panel_by_id",
    "panel_name",
    "panel_signature",
    "placed_panels",
    "preflight",
    "read_dashboard",
    "share_problems",
    "stamp",
    "strip_queries",
    "targets_of",
]
