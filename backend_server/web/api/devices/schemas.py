"""The shapes of devices. The hook's two bodies are only described here: `hook` reads their bytes."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator, RootModel, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from backend_server.devices.device import MAX_HOSTNAME, MAX_LABELS
from backend_server.devices.fields import (
    ADDRESS_PATTERN,
    KIND_PATTERN,
    LABEL_NAME_PATTERN,
    MAX_ADDRESS,
    MAX_LABEL_VALUE,
    OTHER_ID,
    not_an_object,
    parse_field,
    unknown_field,
)
from backend_server.errors import InvalidInput
from backend_server.primitives.ids import DeviceId, parse_device_id

from ..base import Answer, DeviceIdText, ErrorShape, Input, PageQuery
from ..links.schemas import LinkAnswer, LinkShort, ProfileName
from ..rules import RuledInput, read_by

DURATION = r"^([0-9]{1,5}|([0-9]{1,5}m)?([0-9]{1,5}s)?([0-9]{1,5}ms)?)$"
LabelName = Annotated[str, StringConstraints(pattern=f"^{LABEL_NAME_PATTERN}$")]
LabelValue = Annotated[str, StringConstraints(max_length=MAX_LABEL_VALUE)]
LabelsText = Annotated[dict[LabelName, LabelValue], Field(max_length=MAX_LABELS, examples=[{"site": "north"}])]
HostnameText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_HOSTNAME)]
KindText = Annotated[str, StringConstraints(pattern=f"^{KIND_PATTERN}$")]
AddressText = Annotated[str, StringConstraints(max_length=MAX_ADDRESS, pattern=f"^{ADDRESS_PATTERN}$")]

Hostname = Annotated[str, read_by(partial(parse_field, "hostname"), HostnameText)]
Kind = Annotated[str, read_by(partial(parse_field, "kind"), KindText)]
Labels = Annotated[dict[str, str], read_by(partial(parse_field, "labels"), LabelsText)]
Address = Annotated[str, read_by(partial(parse_field, "address"), AddressText)]
Share = Annotated[str, read_by(partial(parse_field, "share"), bool | ProfileName)]


class RuledDevicePath(Input):
    """A device's id, refused in the words of its own rule as the hook refuses it."""

    device_id: Annotated[DeviceId, PlainValidator(parse_device_id, json_schema_input_type=DeviceIdText)]


class DevicePath(Input):
    device_id: DeviceIdText


class DeviceQuery(PageQuery):
    state: Literal["active", "stale", "retired"] | None = None
    kind: Annotated[str, StringConstraints(max_length=64)] | None = None
    search: Annotated[str, StringConstraints(max_length=253)] | None = Field(
        None, description="Part of the id or the hostname."
    )


class WaitQuery(Input):
    wait: Annotated[str, StringConstraints(pattern=DURATION)] | None = Field(
        None,
        description="Block until the link is live, at most so long (`10s`, up to 30s); 202 when it is not by then.",
    )


class DeviceBody(RuledInput):
    """What a device is, as the hook's caller knows it; a field left out stays as it was."""

    hostname: Hostname | None = Field(None, examples=["rig-1"])
    kind: Kind | None = Field(None, examples=["miner"])
    labels: Labels | None = None
    address: Address | None = Field(None, examples=["http://192.0.2.7"])
    share: Share | None = None


class BatchItem(DeviceBody):
    id: DeviceIdText


class Batch(RootModel[Annotated[list[BatchItem], Field(max_length=10_000)]]):
    """Up to 10,000 devices."""


class DeviceEdit(DeviceBody):
    """What a person sets by hand; it wins over what the hook sends. `null` takes it back."""

    what: ClassVar[str] = "The device"
    id: SkipJsonSchema[Any] = None  # may be repeated from the address

    def changes(self, device_id: str) -> dict[str, Any]:
        """Return the fields that were named; raises InvalidInput when another device's id stands among them."""
        given = self.given()
        if given.pop("id", device_id) != device_id:
            raise InvalidInput([OTHER_ID], what=self.what)
        return given

    @classmethod
    def not_an_object(cls, raw: object) -> str:
        return not_an_object(raw)

    @classmethod
    def unknown(cls, name: str) -> str:
        return unknown_field(name)


class Heartbeat(Input):
    epoch: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description="The store's epoch as the client knows it."
    )
    count: int = Field(ge=0, le=10_000_000, description="How many devices the client looks after.")
    client: Annotated[str, StringConstraints(max_length=255)] | None = Field(
        None, description="The client's name for people; it is identified by the header `X-Dashwright-Client`."
    )


class HeartbeatAnswer(Answer):
    epoch: str
    resend: bool = Field(description="The epoch differs or devices are missing: send everything again.")


class DeviceShape(Answer):
    id: str
    hostname: str
    kind: str
    labels: dict[str, str]
    address: str | None = None
    share: str | bool
    state: str


class DashboardShape(Answer):
    slot: str
    uid: str
    title: str
    state: str


class DeviceAnswer(Answer):
    """The hook's answer."""

    device: DeviceShape
    dashboards: list[DashboardShape]
    link: LinkShort | None = None


class BatchResult(Answer):
    id: Any
    status: int
    error: ErrorShape | None = None


class BatchAnswer(Answer):
    results: list[BatchResult]


class DeviceList(RootModel[list[DeviceAnswer]]):
    """One page of devices."""


class DeviceDashboards(Answer):
    dashboards: list[DashboardShape]
    links: list[LinkAnswer]
