"""Believable series for every metric of a spec, so that a real Prometheus can be fed with them."""

from __future__ import annotations

import time

from backend_server.generator.spec import Kind, Metric, Spec

_BUCKETS = ("0.005", "0.025", "0.1", "0.5", "2.5", "+Inf")


def expose_spec(spec: Spec, at: float) -> str:
    """Write the exposition of a moment: counters and histograms grow with time, gauges wander."""
    return "".join(_expose(metric, at, place) for place, metric in enumerate(spec.metrics))


def _expose(metric: Metric, at: float, place: int) -> str:
    lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind.value}"]
    for number in range(2):
        labels = ",".join(f'{label}="{label}-{number}"' for label in metric.labels)
        speed = 3 + place % 7 + number
        if metric.kind is Kind.COUNTER:
            lines.append(f"{metric.name}{{{labels}}} {int(at * speed * 10)}")
        elif metric.kind is Kind.GAUGE:
            value = at - 5 if metric.unit == "dateTimeFromNow" else 0.5 + 0.1 * number
            lines.append(f"{metric.name}{{{labels}}} {value}")
        else:
            comma = "," if labels else ""
            for rank, bound in enumerate(_BUCKETS, 1):
                count = int(at * speed * rank / len(_BUCKETS))
                lines.append(f'{metric.name}_bucket{{{labels}{comma}le="{bound}"}} {count}')
            lines.append(f"{metric.name}_sum{{{labels}}} {at * speed * 0.05}")
            lines.append(f"{metric.name}_count{{{labels}}} {int(at * speed)}")
        if not metric.labels:
            break
    return "\n".join(lines) + "\n"


def seconds_since(start: float) -> float:
    """Seconds since `start`, never 0, as the age that counters grow with."""
    return max(1.0, time.time() - start)
