"""A spec from what a live Prometheus knows of its metrics, to be edited, yet good for dashboards as it stands."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import orjson
import yaml

from backend_server.promql import is_readable_label, is_readable_name

from ..panels.synthesis import MAX_CORE, MAX_SPLITS
from .check import CONTROL, LABEL, NAME, SLUG
from .spec import Metric, MetricKind
from .units import is_unit, suggest_unit

_SUFFIX_UNITS = {
    "seconds": "s", "bytes": "bytes", "ratio": "percentunit", "percent": "percent", "celsius": "celsius",
    "volts": "volt", "amperes": "amp", "watts": "watt", "joules": "joule", "hertz": "hertz", "rpm": "rotrpm",
    "milliseconds": "ms",
}  # fmt: skip
# Gauges in seconds since 1970. `…_response_time_seconds` and the like last that long instead.
_MOMENT = re.compile(
    r"(?:^|_)(?:timestamp|(?:start|started|boot|end|last|created|creation|expiry|expiration|modified|change)_time)_seconds$"
    r"|^node_time_seconds$"
)
_HIDDEN_LABELS = frozenset({"__name__", "instance", "job", "le", "quantile"})
_TYPES = {"counter": MetricKind.COUNTER, "gauge": MetricKind.GAUGE, "histogram": MetricKind.HISTOGRAM}
MAX_LABELS = 3
MAX_NAME = 200
MAX_VALUES = 60
_LONGEST_PART = 56  # with room for a number within a family name's 64


@dataclass(frozen=True, slots=True)
class SeenMetric:
    """What Prometheus says of one metric: its type and help, and how many values each label has.

    `observed` is False for a histogram that has counted nothing yet.
    """

    name: str
    type: str
    help: str = ""
    unit: str = ""
    label_values: Mapping[str, int] | None = None
    observed: bool = True


def discover_spec(seen: Iterable[SeenMetric], beginning: Collection[str] = ()) -> str:
    """Write a spec for the metrics; those that no dashboard could use (info, summaries, `_created`) are left out.

    `beginning`: only those whose names begin so, if any are named.

    So are histograms without any observation, which have no quantile, and names that no query can hold as they are
    (UTF-8 names of Prometheus 3, words of PromQL, overlong ones); the head of the spec names them.
    """
    prefixes = tuple(beginning)
    chosen = [metric for metric in seen if not prefixes or metric.name.startswith(prefixes)]
    listed = sorted(chosen, key=lambda metric: metric.name)
    unreadable = [metric.name for metric in listed if not is_plain_name(metric.name)]
    plain = [metric for metric in listed if is_plain_name(metric.name)]
    silent = [metric.name for metric in plain if not metric.observed]
    families: dict[str, list[Metric]] = defaultdict(list)
    for metric in _metrics(seen for seen in plain if seen.observed):
        families[metric.family].append(metric)
    tree = {
        "version": 1,
        "families": {
            name: {"metrics": [_as_yaml(metric) for metric in metrics]}
            for name, metrics in sorted(_split_large(families).items())
        },
    }
    body = yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)
    head = "# Discovered from a running Prometheus; units and labels are guesses: edit, then generate.\n"
    head += _named("they have counted nothing yet", silent)
    head += _named("no query can hold their names as they are", unreadable)
    return head + body


def is_plain_name(name: str) -> bool:
    """Whether a spec can describe a metric of this name."""
    return len(name) <= MAX_NAME and NAME.fullmatch(name) is not None and is_readable_name(name)


def _named(why: str, names: list[str]) -> str:
    """List what was left out, as comments; a name may have any characters, so it is written as JSON where it must."""
    if not names:
        return ""
    shown = (name if NAME.fullmatch(name) else orjson.dumps(CONTROL.sub(" ", name)).decode() for name in names)
    lines = "".join(f"#   {name[:MAX_NAME]}\n" for name in shown)
    return f"# Left out, since {why}:\n{lines}"


def base_names(names: Iterable[str]) -> dict[str, str]:
    """Map each histogram's base name to its `_bucket` series' name, from all series' names."""
    return {name.removesuffix("_bucket"): name for name in names if name.endswith("_bucket")}


def _metrics(seen: Iterable[SeenMetric]) -> list[Metric]:
    found = []
    for metric in seen:
        kind = _kind(metric)
        if kind is None:
            continue
        values = metric.label_values or {}
        useful = [name for name, count in values.items() if _is_useful(name) and 2 <= count <= MAX_VALUES]
        # The labels with the fewest values split best, and their order must not depend on the answer's.
        labels = tuple(sorted(useful, key=lambda label: (values[label], label))[:MAX_LABELS])
        family = _family(metric.name)
        found.append(
            Metric(
                metric.name,
                kind,
                family,
                labels,
                _unit(metric, kind),
                " ".join(CONTROL.sub(" ", metric.help).split())[:500],
            )
        )
    return found


def _kind(metric: SeenMetric) -> MetricKind | None:
    if metric.name.endswith(("_info", "_created")) or metric.type in ("info", "summary", "stateset"):
        return None
    if metric.type in _TYPES:
        return _TYPES[metric.type]
    if metric.name.endswith("_total"):
        return MetricKind.COUNTER
    return None if metric.name.endswith(("_bucket", "_sum", "_count")) else MetricKind.GAUGE


def _is_useful(label: str) -> bool:
    if label in _HIDDEN_LABELS or label.startswith("__") or len(label) > MAX_NAME:
        return False
    return LABEL.fullmatch(label) is not None and is_readable_label(label)


def _unit(metric: SeenMetric, kind: MetricKind) -> str:
    if kind is MetricKind.GAUGE and _MOMENT.search(metric.name):
        return "dateTimeFromNow"
    if metric.unit:
        guess = metric.unit if is_unit(metric.unit) else suggest_unit(metric.unit)
        if guess:
            return guess
    stem = metric.name.removesuffix("_total")
    for suffix in sorted(_SUFFIX_UNITS, key=len, reverse=True):
        if stem.endswith(f"_{suffix}"):
            return _SUFFIX_UNITS[suffix]
    return "short"


def _family(name: str) -> str:
    word = re.split(r"[_:]", name.lower(), maxsplit=1)[0]
    return word if re.fullmatch(r"[a-z][a-z0-9-]{0,40}", word) else "other"


def _split_large(families: Mapping[str, list[Metric]]) -> dict[str, list[Metric]]:
    """Cut a family that would not fit on one dashboard into parts, by second word where that is enough."""
    out: dict[str, list[Metric]] = {}
    for family, metrics in families.items():
        if sum(_panels_of(metric) for metric in metrics) <= MAX_CORE:
            out[family] = metrics
            continue
        groups: dict[str, list[Metric]] = defaultdict(list)
        for metric in metrics:
            words = metric.name.lower().split("_")
            part = f"{family}_{words[1]}" if len(words) > 2 else family
            # What a family cannot be called, e.g. `a_b:c`, stays with the rest.
            groups[part if SLUG.fullmatch(part) and len(part) <= _LONGEST_PART else family].append(metric)
        rest: list[Metric] = []
        # A part's number must not make it another part: `go_2` is the second of `go`, or of metrics `go_2_…`.
        taken = set(groups) | {family}
        for name, group in sorted(groups.items()):
            if len(group) < 3 or name == family:
                rest += group
            else:
                _fill(out, name, group, taken)
        _fill(out, family, rest, taken)
    return out


def _fill(out: dict[str, list[Metric]], name: str, metrics: list[Metric], taken: set[str]) -> None:
    part, count, number = name, 0, 1
    for metric in metrics:
        cost = _panels_of(metric)
        if count + cost > MAX_CORE:
            number += 1
            while f"{name}_{number}" in taken:
                number += 1
            part, count = f"{name}_{number}", 0
            taken.add(part)
        out.setdefault(part, []).append(replace(metric, family=part))
        count += cost


def _panels_of(metric: Metric) -> int:
    if metric.kind is MetricKind.HISTOGRAM:
        return 2
    return 1 + min(len(metric.labels), MAX_SPLITS)


def _as_yaml(metric: Metric) -> dict[str, object]:
    entry: dict[str, object] = {"name": metric.name, "kind": metric.kind.value}
    if metric.labels:
        entry["labels"] = list(metric.labels)
    entry["unit"] = metric.unit
    if metric.help:
        entry["help"] = metric.help
    return entry
