"""Reading a metrics spec: all problems at once, each with path, line and a suggestion."""

from __future__ import annotations

import hashlib

from backend_server.promql import is_readable_label, is_readable_name, rated_metric, result_labels

from .check import LABEL, NAME, SLUG, TreeReader
from .read_alert import read_alert
from .spec import Metric, MetricKind, PanelType, Spec, SpecPanel
from .units import is_unit, suggest_unit
from .yaml_tree import Tree, read_yaml

_METRIC_KEYS = ("name", "kind", "labels", "unit", "help", "panels", "alerts")
_PANEL_KEYS = ("title", "promql", "unit", "panel_type", "key")
MAX_FAMILIES = 500
MAX_METRICS = 10_000
RESERVED_LABELS = ("le", "quantile")
PANEL_TYPES = {"graph": "timeseries", **{kind.value: kind.value for kind in PanelType}}


class _SpecReader(TreeReader):
    """Also knows what may stand in a spec only once, and where it stood first."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self.metrics: dict[str, str] = {}
        self.alerts: dict[str, str] = {}
        self.keys: dict[str, str] = {}


def read_spec(source: bytes, *, name: str = "spec") -> Spec:
    """Read and check a spec (YAML or JSON); raises InvalidInput with every problem."""
    tree = read_yaml(source, what=name)
    reader = _SpecReader(tree)
    top = reader.mapping(tree.value, "", allowed=("version", "families"), needed=("version", "families"))
    version = top.get("version")
    if version is not None and (isinstance(version, bool) or version != 1):
        reader.fault("version", f"is {version!r:.80}; this release reads version 1")
    families: dict[str, tuple[Metric, ...]] = {}
    raw_families = top.get("families")
    if not isinstance(raw_families, dict):
        if raw_families is not None:
            reader.fault("families", "must be a mapping from family to its metrics")
        raw_families = {}
    if len(raw_families) > MAX_FAMILIES:
        reader.fault("families", f"are {len(raw_families)}; at most {MAX_FAMILIES}")
        raw_families = {}
    seen = 0
    for family, body in raw_families.items():
        path = f"families.{family}"
        if not SLUG.fullmatch(family):
            reader.fault(path, f"{family[:80]!r}: a family's name is 1 to 64 of a-z, 0-9, '_', '-', first a letter")
        keys = reader.mapping(body, path, allowed=("metrics",), needed=("metrics",))
        metrics = []
        listed = reader.listing(keys.get("metrics"), f"{path}.metrics")
        seen += len(listed)
        if seen > MAX_METRICS:
            reader.fault(f"{path}.metrics", f"makes {seen} metrics; at most {MAX_METRICS} in one spec, so split it")
            break
        for index, item in enumerate(listed):
            at = f"{path}.metrics[{index}]"
            metric = _read_metric(reader, item, at, family)
            if metric is None:
                continue
            if metric.name in reader.metrics:
                reader.fault(f"{at}.name", f"{metric.name!r} is already described at {reader.metrics[metric.name]}")
            reader.metrics.setdefault(metric.name, at)
            metrics.append(metric)
        families[family] = tuple(metrics)
    reader.finish(name)
    return Spec(families, hashlib.sha256(source).hexdigest()[:16])


def _read_metric(reader: _SpecReader, item: object, path: str, family: str) -> Metric | None:
    raw = reader.mapping(item, path, allowed=_METRIC_KEYS, needed=("name", "kind"))
    metric_name = reader.text(
        raw.get("name"),
        f"{path}.name",
        pattern=NAME,
        rule="a metric name: letters, digits, '_' and ':', no digit first",
    )
    kind = MetricKind(reader.choice(raw.get("kind"), f"{path}.kind", list(MetricKind), default=MetricKind.GAUGE))
    unit = _unit(reader, raw.get("unit"), f"{path}.unit")
    labels = reader.texts(
        raw.get("labels"),
        f"{path}.labels",
        lambda value, at: reader.text(value, at, pattern=LABEL, rule="a label name"),
    )
    for index, label in enumerate(labels):
        if label in RESERVED_LABELS or label.startswith("__"):
            reader.fault(f"{path}.labels[{index}]", f"{label!r} is Prometheus' own; leave it out")
        elif not is_readable_label(label):
            reader.fault(f"{path}.labels[{index}]", f"{label!r} is a word of PromQL, so no query can split by it")
    panels = tuple(
        _read_panel(reader, entry, f"{path}.panels[{index}]", unit, labels)
        for index, entry in enumerate(reader.listing(raw.get("panels"), f"{path}.panels"))
    )
    alerts = tuple(
        read_alert(reader, entry, f"{path}.alerts[{index}]", reader.alerts)
        for index, entry in enumerate(reader.listing(raw.get("alerts"), f"{path}.alerts"))
    )
    help_text = reader.text(raw.get("help"), f"{path}.help", most=2000)
    if not metric_name:
        return None
    if kind is MetricKind.HISTOGRAM and metric_name.endswith(("_bucket", "_sum", "_count")):
        base = metric_name.rsplit("_", 1)[0]
        reader.fault(f"{path}.name", f"a histogram is named without its suffix; did you mean {base!r}?")
    elif not is_readable_name(metric_name):
        message = "is a number or a word of PromQL, so no query can read it by its name; rename the metric"
        reader.fault(f"{path}.name", f"{metric_name!r} {message}")
    return Metric(metric_name, kind, family, labels, unit, help_text, panels, alerts)


def _read_panel(
    reader: _SpecReader, item: object, path: str, metric_unit: str, metric_labels: tuple[str, ...]
) -> SpecPanel:
    raw = reader.mapping(item, path, allowed=_PANEL_KEYS, needed=("title", "promql"))
    promql = reader.promql(raw.get("promql"), f"{path}.promql")
    chosen = reader.choice(raw.get("panel_type"), f"{path}.panel_type", PANEL_TYPES, default="timeseries")
    key = reader.text(raw.get("key"), f"{path}.key", most=100) or None
    if key is not None and key in reader.keys:
        reader.fault(f"{path}.key", f"{key!r} is already the key of {reader.keys[key]}; give each panel its own")
    elif key is not None:
        reader.keys[key] = path
    unit = _unit(reader, raw.get("unit"), f"{path}.unit") if "unit" in raw else metric_unit
    title = reader.text(raw.get("title"), f"{path}.title", most=189)
    if isinstance(raw.get("title"), str) and not str(raw["title"]).strip():
        reader.fault(f"{path}.title", "is empty")
    try:
        found, rated = result_labels(promql), rated_metric(promql)
    except ValueError:
        found, rated = (), ""  # reported already
    shown = metric_labels if found is None else found
    return SpecPanel(title, promql, unit, PanelType(PANEL_TYPES[chosen]), key, shown, rated)


def _unit(reader: TreeReader, value: object, path: str) -> str:
    unit = reader.text(value, path, most=60)
    if unit and not is_unit(unit):
        meant = suggest_unit(unit)
        reader.fault(path, f"is {unit!r}, which Grafana has not" + (f"; did you mean {meant!r}?" if meant else ""))
    return unit
