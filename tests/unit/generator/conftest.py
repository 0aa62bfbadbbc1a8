"""What generator tests share: the shipped spec, and a way to make small ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from backend_server.cli.generate import generate
from backend_server.generator.spec.read import read_spec
from backend_server.generator.spec.spec import Spec
from backend_server.primitives.shipped import shipped


@pytest.fixture(scope="session")
def base_spec_bytes() -> bytes:
    return shipped("metrics", "spec", "base.yml").read_bytes()


@pytest.fixture(scope="session")
def base_spec(base_spec_bytes: bytes) -> Spec:
    return read_spec(base_spec_bytes, name="base.yml")


@pytest.fixture
def spec_of() -> Callable[..., Spec]:
    def make(*metrics: Any, family: str = "bus") -> Any:
        return read_spec(yaml.safe_dump({"version": 1, "families": {family: {"metrics": list(metrics)}}}).encode())

    return make


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    def call(command: Any, *arguments: Any, **environment: Any) -> Any:
        return CliRunner().invoke(command, [str(argument) for argument in arguments], env=environment)

    return call


@pytest.fixture
def made(run: Callable[..., Result], tmp_path: Path) -> Path:
    out = tmp_path / "made"
    assert run(generate, "--output", out, SOURCE_DATE_EPOCH="1700000000").exit_code == 0
    return out
