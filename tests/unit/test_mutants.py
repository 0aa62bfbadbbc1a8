"""A slice of the fuzzer (`make fuzz` tries a hundred times as many): read or refused with a place, nothing else."""

from __future__ import annotations

import pytest

from tests.support.fuzzing import SORTS, run

EACH = 220  # of 2,000 in all


@pytest.mark.parametrize("sort", SORTS)
def test_a_mutant_is_read_or_refused_with_a_place(sort: str) -> None:
    findings = run(seed=1, mutants=EACH, only=sort)
    assert findings.tried == {sort: EACH}
    assert findings.found == []
