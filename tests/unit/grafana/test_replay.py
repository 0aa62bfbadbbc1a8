"""The fake answers every recorded exchange as Grafana 12.4.0 did: status, headers, `messageId`, shape, identities."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.fakes.grafana import AuthRules, Datasource, FakeGrafana
from tests.unit.grafana.recordings import FOLDER, Answered, Exchange, Replay, exchanges
from tests.unit.grafana.worlds import (
    PROM_MAIN,
    World,
    annotated_document,
    bad_document,
    device_document,
    variable_document,
)

_TOKEN_1 = "0123456789abcdef0123456789abcd01"


def replay(
    fake: FakeGrafana,
    lines: Iterable[Exchange],
    before: Callable[[Exchange], None] = lambda _: None,
    using: Replay | None = None,
) -> Replay:
    using = using or Replay(fake.origin)
    using.origin = fake.origin
    for exchange in lines:
        before(exchange)
        using.check(exchange, using.send(exchange))
    return using


def world_s2(root: Path) -> World:
    world = World(root)
    world.write_devices(12)
    for document in (bad_document(), annotated_document(), variable_document()):
        world.write(document)
    return world


def test_every_recording_is_replayed() -> None:
    replayed = {"auth", "bootdata", "empty-body", "errors-admin", "feature-off", "keep", "lifecycle", "list"}
    replayed |= {"orphan", "provisioning", "race", "viewer"}
    assert {file.stem for file in FOLDER.glob("*.jsonl")} == replayed


def test_auth(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write_devices(3)
    with world.fake() as fake:
        replay(fake, exchanges("auth", 1, 26))
    with world.fake(auth=AuthRules(auto_sign_up=True)) as fake:
        replay(fake, exchanges("auth", 27, 29))
    with world.fake(admin_user="root") as fake:
        replay(fake, exchanges("auth", 30, 31))


def test_lifecycle_then_errors_list_viewer_race_and_feature_off(tmp_path: Path) -> None:
    world = world_s2(tmp_path)
    with world.fake() as fake:
        using = replay(fake, exchanges("lifecycle"))
        for file in ("errors-admin", "list"):
            replay(fake, exchanges(file), using=using)
        replay(fake, exchanges("viewer", 1, 42), using=using)
        # The boot data named one public dashboard of this server.
        replay(fake, exchanges("bootdata", 1, 1), using=using)
        race(fake, list(exchanges("race", 1, 6)), using)
        race(fake, list(exchanges("race", 7, 12)), using)
        race(fake, list(exchanges("race", 13, 14)), using)
        assert using.send(next(exchanges("race", 15, 15))).parsed["dashboardUid"] == "dev-0010"
    with world.fake(public_dashboards=False) as fake:
        replay(fake, exchanges("feature-off"))


def race(fake: FakeGrafana, lines: list[Exchange], using: Replay) -> list[Answered]:
    """Send exchanges at once; any recorded outcome of a loser is allowed to any of them, and there is a winner."""
    fake.public_api.race_window_seconds = 0.02
    found: list[Answered] = []
    threads = [threading.Thread(target=lambda line=line: found.append(using.send(line))) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fake.public_api.race_window_seconds = 0.0
    outcomes = [(one.status, one.parsed.get("messageId", "")) for one in found]
    prefix = "publicdashboards."
    losing = {(400, f"{prefix}dashboardIsPublic"), (400, f"{prefix}uidExists"), (500, f"{prefix}internalServerError")}
    assert set(outcomes) <= losing | {(200, "")}
    winners = [one for one in found if one.status == 200]
    chosen = isinstance(lines[0].request_body, dict) and "uid" in lines[0].request_body
    assert len(winners) == 1 if chosen else winners
    rows = [row for row in fake.database.rows if row.dashboard_uid == winners[0].parsed["dashboardUid"]]
    assert len(rows) == len(winners)
    return found


def test_empty_body_then_the_500_of_losing_a_race(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write_devices(60)
    with world.fake() as fake:
        using = replay(fake, exchanges("empty-body"))
        for first, last in ((16, 17), (18, 20)):
            losers = list(exchanges("race", first, last))
            found = race(fake, [losers[0], *losers], using)
            for exchange in losers:
                lost = next(one for one in found if one.status == 500)
                using.check(exchange, lost)


def test_provisioning_and_orphans(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write_devices(3)
    dev_2, dev_3, yaml = "devices/dev-0002.json", "devices/dev-0003.json", "provisioning/dashboards/providers.yml"

    def orphan_step(exchange: Exchange) -> None:
        if "file removed" in exchange.note:
            world.take_away(dev_2)
        elif exchange.note == "file back, reload":
            world.put_back(dev_2)

    def provisioning_step(exchange: Exchange) -> None:
        if exchange.line == 15:
            world.take_away(yaml)
            (tmp_path / yaml).write_text("providers: [", encoding="utf-8")
        elif exchange.line == 16:
            world.put_back(yaml)
            (tmp_path / dev_3).write_text('{"uid": "dev-0003", "title": "half', encoding="utf-8")
        elif exchange.line == 18:
            world.write(device_document("dev-0093", "Device 0003"), "dev-0003.json")

    with world.fake() as fake:
        using = replay(fake, exchanges("provisioning", 1, 14))
        replay(fake, exchanges("orphan"), orphan_step, using)
        replay(fake, exchanges("provisioning", 15), provisioning_step, using)


def test_keep(tmp_path: Path) -> None:
    world = World(tmp_path, ("devices", "others"), disable_deletion=True)
    world.write_devices(5)
    yaml = "provisioning/dashboards/providers.yml"
    everything = [f"devices/dev-000{number}.json" for number in range(2, 6)]
    renamed = device_document("dev-0001", "Device 0001 renamed", device="dev-0001")
    actions: dict[int, Callable[[], object]] = {
        8: lambda: world.take_away("devices/dev-0001.json"),
        12: lambda: world.put_back("devices/dev-0001.json"),
        14: lambda: world.write(renamed),
        18: lambda: world.move("devices/dev-0001.json", "devices/other-name.json"),
        22: lambda: world.move("devices/other-name.json", "others/other-name.json"),
        27: lambda: world.take_away(*everything),
        30: lambda: world.put_back(*everything),
        33: lambda: world.take_away("devices/dev-0002.json"),
        39: lambda: world.take_away("devices/dev-0003.json"),
        43: lambda: world.put_back("devices/dev-0003.json"),
        46: lambda: world.take_away("devices/dev-0004.json"),
        52: lambda: world.take_away(yaml),
        56: lambda: world.put_back(yaml),
    }
    with world.fake() as fake:
        actions[49] = fake.clean_up

        def step(exchange: Exchange) -> None:
            actions.get(exchange.line, lambda: None)()

        replay(fake, exchanges("keep"), step)


def test_boot_data_of_the_page_name_every_datasource(tmp_path: Path) -> None:
    world = World(tmp_path)
    postgres = Datasource(
        "InternalSQL",
        "pg-main",
        "grafana-postgresql-datasource",
        json_data={"database": "metrics", "postgresVersion": 1500, "sslmode": "disable"},
    )
    basic = Datasource(
        "PromBasic", "prom-basic", url="http://localhost:9090", json_data={"customQueryParameters": "tenant=7"}
    )
    with world.fake(datasources=(PROM_MAIN, postgres, basic)) as fake:
        exchange = next(exchanges("bootdata", 2, 2))
        using = Replay(fake.origin)
        using.check(exchange, using.send(exchange))


def test_a_datasource_that_is_down_is_named_with_its_address(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write_devices(1)
    down = Datasource("Prometheus", "prom-main", url="http://localhost:9093", is_default=True)
    with world.fake(datasources=(down,)) as fake:
        using = Replay(fake.origin)
        publish = next(exchanges("lifecycle", 2, 2))
        body = {**publish.request_body, "accessToken": "0" * 31 + "1"}
        changed = Exchange(**{**vars(publish), "request_body": body})
        assert using.send(changed).status == 200
        exchange = next(exchanges("viewer", 43, 43))
        using.check(exchange, using.send(exchange))


def test_the_public_page_holds_its_token_once(tmp_path: Path) -> None:
    with World(tmp_path).fake() as fake:
        page = Replay(fake.origin).send(
            Exchange(**{**vars(next(exchanges("bootdata", 2, 2))), "path": f"/grafana/public-dashboards/{_TOKEN_1}"})
        )
    assert page.body.count(_TOKEN_1.encode()) == 1
    assert json.dumps(_TOKEN_1).encode() in page.body
