"""A plan as people and programs read it (`dashwright plan`, `dashwright plan --json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from .plan import Action, Plan

_MOST_LINES = 200


def format_plan(shown: Mapping[str, Any], *, most: int = _MOST_LINES) -> str:
    """Write a plan, given as `plan_json` makes it, as lines: its steps in order, at most `most`, then the sums."""
    steps, held, unchanged = shown["steps"], shown["held"], shown["unchanged"]
    if not steps and not held:
        return f"Nothing to do: {_documents(unchanged)} as wanted."
    width = max(len(action.value) for action in Action)
    lines = [
        f"{step['action']:<{width}}  {step['title'] or step['uid']}  {step['file']}".rstrip() for step in steps[:most]
    ]
    if len(steps) > most:
        lines.append(f"… and {len(steps) - most} more")
    counts = Counter(step["action"] for step in steps)
    sums = ", ".join(f"{counts[action.value]} × {action.value}" for action in Action if counts[action.value])
    lines.append(f"{sums or 'no steps'}; {_documents(unchanged)} unchanged.")
    if held:
        lines.append(held_words(len(held), shown["documents"]))
    return "\n".join(lines)


def plan_json(plan: Plan) -> dict[str, object]:
    """Return JSON: `{"steps": [{"action", "uid", "title", "file"}], "held": […], "unchanged": n, "documents": n}`.

    `documents` counts what stands in files now, of which `held` would be removed.
    """
    return {
        "steps": [
            {"action": step.action.value, "uid": step.uid, "title": step.title, "file": step.file}
            for step in plan.steps
        ],
        "held": [{"uid": step.uid, "title": step.title, "file": step.file} for step in plan.held],
        "unchanged": plan.unchanged,
        "documents": plan.breaker.total if plan.breaker else plan.unchanged,
    }


def held_words(count: int, total: int) -> str:
    """Return why removals wait and what to do."""
    return (
        f"Held back: removing {count} of {_documents(total)} at once needs a person's word. "
        "Check the device list, then run `dashwright apply --confirm-removals`, or revive the devices."
    )


def _documents(count: int) -> str:
    return f"{count} document" if count == 1 else f"{count} documents"
