"""A plan as people and programs read it (`dashwright plan`, `dashwright plan --json`)."""

from __future__ import annotations

from collections import Counter

from backend_server.reconcile.plan import Action, Plan

_MOST_LINES = 200


def format_plan(plan: Plan, *, most: int = _MOST_LINES) -> str:
    """Write a plan as lines: what would happen, in order, then the sums; at most `most` steps are listed."""
    if not plan.steps and not plan.held:
        return f"Nothing to do: {_documents(plan.unchanged)} as wanted."
    width = max(len(action.value) for action in Action)
    lines = [
        f"{step.action.value:<{width}}  {step.title or step.uid}{f'  {step.file}' if step.file else ''}".rstrip()
        for step in plan.steps[:most]
    ]
    if len(plan.steps) > most:
        lines.append(f"… and {len(plan.steps) - most} more")
    counts = Counter(step.action for step in plan.steps)
    sums = ", ".join(f"{counts[action]} × {action.value}" for action in Action if counts[action])
    lines.append(f"{sums or 'no steps'}; {_documents(plan.unchanged)} unchanged.")
    if plan.held:
        lines.append(held_words(len(plan.held), plan.breaker.total if plan.breaker else 0))
    return "\n".join(lines)


def plan_json(plan: Plan) -> dict[str, object]:
    """Give a plan as JSON: `{"steps": [{"action", "uid", "title", "file"}], "held": […], "unchanged": n}`."""
    return {
        "steps": [
            {"action": step.action.value, "uid": step.uid, "title": step.title, "file": step.file}
            for step in plan.steps
        ],
        "held": [{"uid": step.uid, "title": step.title, "file": step.file} for step in plan.held],
        "unchanged": plan.unchanged,
    }


def held_words(count: int, total: int) -> str:
    """Say why removals wait and what to do."""
    return (
        f"Held back: removing {count} of {_documents(total)} at once needs a person's word. "
        "Check the device list, then run `dashwright apply --confirm-removals`, or revive the devices."
    )


def _documents(count: int) -> str:
    return f"{count} document" if count == 1 else f"{count} documents"
