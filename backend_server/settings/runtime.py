"""What the parent process says of where a program runs: supervisor, `dashwright run`, Kubernetes. Not for people."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .words import Group

# The variable of each field; they stand in no documentation.
VARIABLES = {
    "runtime_supervised": "SUPERVISOR_ENABLED",
    "runtime_folder": "DASHWRIGHT_RUN",
    "runtime_parent": "DASHWRIGHT_PARENT",
    "runtime_instance": "DASHWRIGHT_INSTANCE",
    "runtime_kubernetes": "KUBERNETES_SERVICE_HOST",
}


class RuntimeSettings(Group):
    """Where a program runs."""

    runtime_supervised: bool = Field(False, description="Supervisor runs us and our sibling programs in one container.")
    runtime_folder: Path | None = Field(None, description="Where `dashwright run` leaves word for its programs.")
    runtime_parent: int = Field(0, description="The process of supervisor, which a program ends with.")
    runtime_instance: str = Field("", description="Names one `dashwright run`, so that it knows its own answers.")
    runtime_kubernetes: str = Field("", description="Set in every container that Kubernetes runs.")
