"""The answers of a panel's queries in both forms: the datasources' own bytes, and Grafana's frames. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson

from backend_server.queries.panel_plan import PanelPlan

from .frames import empty_frame
from .model import QueryAnswer


def raw_results(plan: PanelPlan, answers: Sequence[QueryAnswer]) -> bytes:
    """Write JSON around the datasources' own bytes: nothing of them is decoded or copied twice."""
    parts = [b'{"from":%d,"to":%d,"step_ms":%d,"results":{' % (plan.span.from_ms, plan.span.to_ms, plan.step_ms)]
    for index, answer in enumerate(answers):
        parts.append(b"," if index else b"")
        parts.append(orjson.dumps(answer.query.ref_id))
        if answer.status == 200:
            instant = b"true" if answer.query.instant else b"false"
            parts.append(b':{"status":200,"instant":%s,"step_ms":%d,"answer":' % (instant, answer.query.step_ms))
            parts.append(answer.body)
            parts.append(b"}")
        else:
            parts.append(b":" + orjson.dumps({"status": answer.status, "error": answer.error}))
    parts.append(b"}}")
    return b"".join(parts)


def grafana_results(answers: Sequence[QueryAnswer], frames: Callable[[QueryAnswer], bytes]) -> tuple[int, bytes]:
    """Return status and JSON of Grafana's query route: 400 as soon as one query failed, the good ones still filled.

    `frames` gives the JSON of a good answer's frames.
    """
    results: dict[str, bytes] = {}
    for answer in answers:
        if answer.status == 200:
            results[answer.query.ref_id] = b'{"status":200,"frames":%s}' % frames(answer)
        else:
            failed = {
                "error": answer.error,
                "errorSource": "downstream",
                "status": answer.status,
                "frames": [empty_frame(answer.query)] if answer.status == 400 else [],
            }
            results[answer.query.ref_id] = orjson.dumps(failed)
    parts = b",".join(b"%s:%s" % (orjson.dumps(ref_id), result) for ref_id, result in results.items())
    return 200 if all(answer.status == 200 for answer in answers) else 400, b'{"results":{%s}}' % parts
