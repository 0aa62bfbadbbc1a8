"""The fuzzer: mutants of everything that others write, each read as the service reads it.

`python -m tests.support.fuzzing --mutants 200000` prints its seed, how many mutants of each sort were tried, and every
finding with what made it; it ends with 1 when there is one. A mutant is read or refused with a place; nothing else may
leave a reader, and no answer about it is above 1 MB.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Generator
from dataclasses import dataclass, field

import click
import orjson

from backend_server.errors import InvalidInput
from tests.support.fuzzed_answers import ANSWERS
from tests.support.fuzzed_files import FILES
from tests.support.mutants import Read

MOST_ANSWERED = 1_000_000
SORTS = {**FILES, **ANSWERS}


@dataclass
class Findings:
    """What a run found: sort of mutant, what happened, and the mutant itself; and how long one took at most."""

    found: list[tuple[str, str, bytes]] = field(default_factory=list)
    tried: dict[str, int] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)

    def add(self, sort: str, what: str, mutant: bytes) -> None:
        """Record one."""
        self.found.append((sort, what, mutant))


def run(seed: int, mutants: int, only: str = "") -> Findings:
    """Try so many mutants, shared out among all sorts; the same seed gives the same ones."""
    findings = Findings()
    sorts = {name: sort for name, sort in SORTS.items() if name.startswith(only)}
    for name, sort in sorts.items():
        dice = random.Random(f"{seed}/{name}")
        count = -(-mutants // len(sorts))
        with_reader = sort(dice)
        for mutant, read in _limited(with_reader, count):
            began = time.process_time()
            _try(findings, name, mutant, read)
            took = time.process_time() - began
            findings.slowest[name] = max(findings.slowest.get(name, 0.0), took)
        findings.tried[name] = count
    return findings


def _limited(mutants: Generator[tuple[bytes, Read]], count: int) -> Generator[tuple[bytes, Read]]:
    try:
        for _ in range(count):
            yield next(mutants)
    finally:
        mutants.close()  # ends its servers


def _try(findings: Findings, name: str, mutant: bytes, read: Read) -> None:
    try:
        answer = read(mutant)
    except InvalidInput as fault:
        answer = orjson.dumps({"message": fault.message, "details": dict(fault.details)})
        if not fault.problems:
            findings.add(name, "refused without a place", mutant)
        if "fault of this service" in fault.message:
            findings.add(name, f"not foreseen: {fault.message}", mutant)
    except Exception as fault:
        where = traceback.extract_tb(fault.__traceback__)[-1]
        place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
        findings.add(name, f"{place} {type(fault).__name__}: {fault}"[:500], mutant)
        return
    if len(answer) > MOST_ANSWERED:
        findings.add(name, f"{len(answer)} bytes are answered", mutant)


@click.command()
@click.option("--mutants", default=200_000, show_default=True, help="How many are tried, shared out among all sorts.")
@click.option("--seed", type=int, help="The one of an earlier run, to have the same mutants again.")
@click.option("--only", default="", help=f"One sort: {', '.join(SORTS)}.")
def main(mutants: int, seed: int | None, only: str) -> None:
    """Try mutants of everything that others write."""
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    click.echo(f"seed {seed}")
    findings = run(seed, mutants, only)
    for name, tried in findings.tried.items():
        click.echo(f"{name:12} {tried:8} tried, at most {findings.slowest[name]:.2f} s of CPU for one")
    told: set[tuple[str, str]] = set()
    for name, what, mutant in findings.found:
        if (name, what[:40]) not in told:
            told.add((name, what[:60]))
            click.echo(f"\n{name}: {what}\n  {mutant[:1500]!r}")
    click.echo(f"\n{sum(findings.tried.values())} mutants, {len(findings.found)} findings")
    sys.exit(1 if findings.found else 0)


if __name__ == "__main__":
    main()
