"""Believable series for every metric of a spec, so that a real Prometheus can be fed with them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from backend_server.generator.spec.spec import Metric, MetricKind, Spec

# Upper bounds, and the share of all observations up to each.
_BUCKETS = (("0.005", 0.2), ("0.025", 0.55), ("0.1", 0.85), ("0.5", 0.97), ("2.5", 0.998), ("+Inf", 1.0))
_RECORDED = (("p95", 0.43), ("p99", 1.9))


def expose_spec(spec: Spec, at: float) -> str:
    """Write the exposition of a moment: counters and histograms grow with time, gauges wander."""
    lines = []
    for place, metric in enumerate(spec.metrics):
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind.value}"]
        lines += [f"{name}{{{labels}}} {value}" for name, labels, value in _samples(metric, at, place)]
    return "\n".join(lines) + "\n"


def spec_history(spec: Spec, now: float, labels: str, *, seconds: float = 3600, step: float = 15) -> str:
    """Write the hour before as OpenMetrics, recorded quantiles included; `labels` are the scraped target's."""
    lines = []
    for number in range(int(seconds / step)):
        at = now - seconds + number * step
        for place, metric in enumerate(spec.metrics):
            samples = list(_samples(metric, at, place))
            if metric.kind is MetricKind.HISTOGRAM:
                wave = 1 + 0.15 * math.sin(at / 300 + place)
                lines += [f"{metric.name}:{name}_5m {value * wave:.4f} {at:.3f}" for name, value in _RECORDED]
            lines += [f"{name}{{{_joined(own, labels)}}} {value} {at:.3f}" for name, own, value in samples]
    return "\n".join(lines) + "\n# EOF\n"


def seconds_since(start: float) -> float:
    """Seconds since `start`, never 0, as the age that counters grow with."""
    return max(1.0, time.time() - start)


def _samples(metric: Metric, at: float, place: int) -> Iterator[tuple[str, str, float]]:
    for number in range(2 if metric.labels else 1):
        labels = ",".join(f'{label}="{label}-{number}"' for label in metric.labels)
        # A speed that swings about its mean; its integral, so that counters never go back.
        rare = 0.02 if any(word in metric.name for word in ("errors", "failures", "dropped", "restarts")) else 1
        grown = (at + 40 * math.sin(at / 200 + place + number)) * (3 + place % 7 + number) * rare
        if metric.kind is MetricKind.COUNTER:
            yield metric.name, labels, round(grown * (4096 if metric.unit == "bytes" else 1), 3)
        elif metric.kind is MetricKind.GAUGE:
            yield metric.name, labels, _gauge(metric, at, place + number)
        else:
            for bound, share in _BUCKETS:
                yield f"{metric.name}_bucket", _joined(labels, f'le="{bound}"'), round(grown * share, 3)
            yield f"{metric.name}_sum", labels, round(grown * 0.05, 3)
            yield f"{metric.name}_count", labels, round(grown, 3)


def _gauge(metric: Metric, at: float, place: int) -> float:
    wave = 0.5 + 0.3 * math.sin(at / 400 + place)
    if metric.unit == "dateTimeFromNow":
        return round(at - 5 - 10 * wave, 3)
    if metric.unit.startswith("bool"):
        return 1
    if metric.unit == "bytes":
        return round(3e9 * wave)
    return round(wave if metric.unit in ("percentunit", "none") else 80 * wave, 3)


def _joined(own: str, others: str) -> str:
    """Join labels; a label of one's own wins, as it does with `honor_labels`."""
    names = {part.partition("=")[0] for part in own.split(",")}
    return ",".join([*filter(None, [own]), *(one for one in others.split(",") if one.partition("=")[0] not in names)])
