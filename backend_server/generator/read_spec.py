"""Reading a metrics spec: all problems at once, each with path, line and a suggestion."""

from __future__ import annotations

import hashlib

from backend_server.errors import Problem
from backend_server.generator.check import DURATION, LABEL, NAME, SLUG, Reader
from backend_server.generator.spec import Kind, Metric, PanelType, Spec, SpecAlert, SpecPanel
from backend_server.generator.units import is_unit, suggest_unit
from backend_server.generator.yaml_tree import read_yaml
from backend_server.promql import check_promql, result_labels

_METRIC_KEYS = ("name", "kind", "labels", "unit", "help", "panels", "alerts")
_PANEL_KEYS = ("title", "promql", "unit", "panel_type", "key")
_ALERT_KEYS = ("name", "expr", "for", "severity", "summary")
MAX_FAMILIES = 500
_RESERVED_LABELS = {"le", "quantile"}


def read_spec(source: bytes, *, name: str = "spec") -> Spec:
    """Read and check a spec (YAML or JSON); raises InvalidInput with every problem."""
    tree = read_yaml(source, what=name)
    reader = Reader(tree)
    top = reader.mapping(tree.value, "", allowed=("version", "families"), needed=("version", "families"))
    if "version" in top and top["version"] != 1:
        reader.fault("version", f"is {top['version']!r}; this release reads version 1")
    families: dict[str, tuple[Metric, ...]] = {}
    raw_families = top.get("families", {})
    if not isinstance(raw_families, dict):
        reader.fault("families", "must be a mapping from family to its metrics")
        raw_families = {}
    if len(raw_families) > MAX_FAMILIES:
        reader.fault("families", f"are {len(raw_families)}; at most {MAX_FAMILIES}")
        raw_families = {}
    first_seen: dict[str, str] = {}
    for family, body in raw_families.items():
        path = f"families.{family}"
        if not SLUG.fullmatch(family):
            reader.fault(path, f"{family[:80]!r}: a family's name is 1 to 64 of a-z, 0-9, '_', '-', first a letter")
        keys = reader.mapping(body, path, allowed=("metrics",), needed=("metrics",))
        metrics = []
        for index, item in enumerate(reader.listing(keys.get("metrics"), f"{path}.metrics")):
            at = f"{path}.metrics[{index}]"
            metric = _read_metric(reader, item, at, family)
            if metric is None:
                continue
            if metric.name in first_seen:
                reader.fault(f"{at}.name", f"{metric.name!r} is already described at {first_seen[metric.name]}")
            first_seen.setdefault(metric.name, at)
            metrics.append(metric)
        families[family] = tuple(metrics)
    _check_alert_names(reader, families)
    reader.finish(name)
    return Spec(families, hashlib.sha256(source).hexdigest()[:16])


def _read_metric(reader: Reader, item: object, path: str, family: str) -> Metric | None:
    raw = reader.mapping(item, path, allowed=_METRIC_KEYS, needed=("name", "kind"))
    metric_name = reader.text(
        raw.get("name"),
        f"{path}.name",
        pattern=NAME,
        rule="a metric name: letters, digits, '_' and ':', no digit first",
    )
    kind = Kind(reader.choice(raw.get("kind"), f"{path}.kind", list(Kind), default=Kind.GAUGE))
    unit = _unit(reader, raw.get("unit"), f"{path}.unit")
    labels = reader.texts(
        raw.get("labels"),
        f"{path}.labels",
        lambda value, at: reader.text(value, at, pattern=LABEL, rule="a label name"),
    )
    for index, label in enumerate(labels):
        if label in _RESERVED_LABELS or label.startswith("__"):
            reader.fault(f"{path}.labels[{index}]", f"{label!r} is Prometheus' own; leave it out")
    panels = tuple(
        _read_panel(reader, one, f"{path}.panels[{index}]", unit, labels)
        for index, one in enumerate(reader.listing(raw.get("panels"), f"{path}.panels"))
    )
    alerts = tuple(
        _read_alert(reader, one, f"{path}.alerts[{index}]")
        for index, one in enumerate(reader.listing(raw.get("alerts"), f"{path}.alerts"))
    )
    if not metric_name:
        return None
    if kind is Kind.HISTOGRAM and metric_name.endswith(("_bucket", "_sum", "_count")):
        base = metric_name.rsplit("_", 1)[0]
        reader.fault(f"{path}.name", f"a histogram is named without its suffix; did you mean {base!r}?")
    help_text = reader.text(raw.get("help"), f"{path}.help", most=2000)
    return Metric(metric_name, kind, family, labels, unit, help_text, panels, alerts)


def _read_panel(reader: Reader, item: object, path: str, metric_unit: str, metric_labels: tuple[str, ...]) -> SpecPanel:
    raw = reader.mapping(item, path, allowed=_PANEL_KEYS, needed=("title", "promql"))
    promql = _promql(reader, raw.get("promql"), f"{path}.promql")
    kinds = {"graph": "timeseries", **{kind.value: kind.value for kind in PanelType}}
    chosen = reader.choice(raw.get("panel_type"), f"{path}.panel_type", kinds, default="timeseries")
    key = reader.text(raw.get("key"), f"{path}.key", most=100) or None
    unit = _unit(reader, raw.get("unit"), f"{path}.unit") if "unit" in raw else metric_unit
    title = reader.text(raw.get("title"), f"{path}.title", most=189)
    if isinstance(raw.get("title"), str) and not str(raw["title"]).strip():
        reader.fault(f"{path}.title", "is empty")
    return SpecPanel(title, promql, unit, PanelType(kinds[chosen]), key, _shown_labels(promql, metric_labels))


def _shown_labels(promql: str, metric_labels: tuple[str, ...]) -> tuple[str, ...]:
    try:
        found = result_labels(promql)
    except ValueError:
        return ()  # told already
    return metric_labels if found is None else found


def _read_alert(reader: Reader, item: object, path: str) -> SpecAlert:
    raw = reader.mapping(item, path, allowed=_ALERT_KEYS, needed=("name", "expr"))
    return SpecAlert(
        reader.text(raw.get("name"), f"{path}.name", pattern=NAME, rule="a name of letters, digits and '_'"),
        _promql(reader, raw.get("expr"), f"{path}.expr"),
        reader.text(
            raw.get("for"),
            f"{path}.for",
            default="5m",
            pattern=DURATION,
            rule="a Prometheus duration such as 30s, 5m or 1h",
        ),
        reader.choice(raw.get("severity"), f"{path}.severity", ("info", "warning", "critical"), default="warning"),
        reader.text(raw.get("summary"), f"{path}.summary", most=2000),
    )


def _promql(reader: Reader, value: object, path: str) -> str:
    expr = reader.text(value, path, most=20_000).strip()
    if value is not None:
        for fault in check_promql(expr, path=path):
            # A block of YAML may fold lines, so the fault's own place is told in words beside the value's place.
            place = f" (at character {fault.column} of line {fault.line} of the expression)" if fault.line else ""
            reader.fault(path, fault.message + place)
    return expr


def _unit(reader: Reader, value: object, path: str) -> str:
    unit = reader.text(value, path, most=60)
    if unit and not is_unit(unit):
        meant = suggest_unit(unit)
        reader.fault(path, f"is {unit!r}, which Grafana has not" + (f"; did you mean {meant!r}?" if meant else ""))
    return unit


def _check_alert_names(reader: Reader, families: dict[str, tuple[Metric, ...]]) -> None:
    seen: dict[str, str] = {}
    for family, metrics in families.items():
        for metric in metrics:
            for alert in metric.alerts:
                if alert.name in seen:
                    reader.problems.append(
                        Problem(f"families.{family}", f"alert {alert.name!r} is already one of {seen[alert.name]}'s")
                    )
                seen.setdefault(alert.name, metric.name)
