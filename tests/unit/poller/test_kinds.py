"""Device kinds: the shipped ones read, and every mistake is named with file, place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_server.errors import ConfigError
from backend_server.poller.kinds import load_kinds, read_kind
from backend_server.poller.readings import number_of, readings_of, texts_of
from backend_server.primitives.shipped import shipped

ANSWER = {
    "hashRate": 1234.5,
    "power": 17.25,
    "temp": 58,
    "vrTemp": 61,
    "fanrpm": 4200,
    "fanspeed": 63,
    "voltage": 5037.5,
    "sharesAccepted": 1200,
    "sharesRejected": 3,
    "bestDiff": "4.29G",
    "uptimeSeconds": 86400,
    "wifiRSSI": -57,
    "ASICModel": "BM1370",
    "version": "v2.4.0",
}


def test_the_shipped_miner_reads_every_number_in_base_units() -> None:
    kinds = load_kinds(shipped("config", "device_kinds"))
    assert set(kinds) == {"miner", "generic", "prometheus"}
    assert kinds["prometheus"].scrape
    assert readings_of(kinds["miner"], ANSWER) == {
        "device_hashrate_hashes_per_second": 1.2345e12,
        "device_power_watts": 17.25,
        "device_temperature_celsius": 58.0,
        "device_vr_temperature_celsius": 61.0,
        "device_fan_rpm": 4200.0,
        "device_fan_percent": 63.0,
        "device_voltage_volts": pytest.approx(5.0375),
        "device_shares_accepted_total": 1200.0,
        "device_shares_rejected_total": 3.0,
        "device_best_difficulty": 4.29e9,
        "device_uptime_seconds": 86400.0,
        "device_wifi_rssi_dbm": -57.0,
    }
    assert texts_of(kinds["miner"], ANSWER) == {"model": "BM1370", "version": "v2.4.0"}


@pytest.mark.parametrize("answer", [[], None, "text", 7, {"temp": None, "power": {"deep": 1}, "bestDiff": "n/a"}])
def test_an_answer_of_another_shape_gives_no_numbers(answer: object) -> None:
    assert readings_of(load_kinds(shipped("config", "device_kinds"))["miner"], answer) == {}


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (True, 1.0),
        ("512k", 512e3),
        (" 1.5 T ", 1.5e12),
        ("-3", -3.0),
        ("1e400", None),
        ("4.29GB", None),
        ("", None),
        (float("inf"), None),
        ("9" * 65, None),
        ([1], None),
    ],
)
def test_a_number_may_come_as_text_with_a_factor(value: object, number: float | None) -> None:
    assert number_of(value) == number


def test_a_number_beyond_all_numbers_is_left_out() -> None:
    kind = read_kind("a.yaml", b"kind: a\nmetrics:\n- {from: /p, name: p, scale: 1e12}\n- {from: /q, name: q}\n", [])
    assert kind is not None
    assert readings_of(kind, {"p": 1e308, "q": 1e308}) == {"q": 1e308}


def test_a_pointer_reaches_into_lists_and_escaped_keys() -> None:
    kind = read_kind(
        "a.yaml",
        b"kind: a\nmetrics:\n- {from: /fans/1/rpm, name: fan_rpm}\n- {from: '/a~1b/c~0d', name: odd}\n",
        [],
    )
    assert kind is not None
    assert readings_of(kind, {"fans": [{"rpm": 1}, {"rpm": 2}], "a/b": {"c~d": 3}}) == {"fan_rpm": 2, "odd": 3}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("kind: [", "a.yaml: is not YAML: while parsing"),
        ("- a", "a.yaml: must be a mapping with `kind`, `path` and `metrics`"),
        ("kind: Miner!", "a.yaml: kind is 'Miner!'; it must be 1 to 32 of a-z"),
        ("kind: a\npath: info", "a.yaml: path is 'info'; it must begin with '/'"),
        ('kind: a\npath: "/a\\r\\nX: y"', "it must begin with '/' and hold no blanks"),
        ("kind: a\ninterval: soon", "a.yaml: interval is 'soon'; it must be a duration such as 5s or 500ms"),
        ("kind: a\ninterval: 1ms", "a.yaml: interval must be at least 200ms"),
        ("kind: a\ninterval: 2s\ntimeout: 3s", "a.yaml: timeout must be above 0 and at most the interval"),
        ("kind: a\nintervall: 2s", "a.yaml: intervall is not a field; known are"),
        ("kind: a\nmetrics: {}\nscrape: 'yes'", "a.yaml: scrape is 'yes'; it must be true or false"),
        ("kind: a\nmetrics:\n- {from: power, name: p}", "metrics[0].from is 'power'; it must be a JSON pointer"),
        ("kind: a\nmetrics:\n- {from: /p, name: p-w}", "metrics[0].name is 'p-w'; it must be a metric's name"),
        ("kind: a\nmetrics:\n- {from: /p, name: device_up}", "none that the poller makes"),
        ("kind: a\nmetrics:\n- {from: /p, name: p, type: histogram}", "metrics[0].type is 'histogram'"),
        ("kind: a\nmetrics:\n- {from: /p, name: p, type: counter}", "a counter's name ends in _total"),
        ("kind: a\nmetrics:\n- {from: /p, name: p, scale: 0}", "metrics[0].scale is 0; it must be a number"),
        ("kind: a\nmetrics:\n- {from: /p, name: p}\n- {from: /q, name: p}", "metrics[1].name p stands twice"),
        ("kind: a\ninfo: {device: /x}", "info.device cannot be a label's name here"),
        ("kind: a\nmax_bytes: 5", "max_bytes is 5; it must be from 1024"),
        ("kind: 2001-99-99", "a.yaml: is not YAML: month must be in 1..12"),
        ("kind: !!int ''", "a.yaml: is not YAML: "),
        ("kind: a\ninterval: 1" + "0" * 400, "a.yaml: interval is 1000"),
        ("kind: " + "x" * 100_000, "it must be 1 to 32 of a-z"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, source: str, problem: str) -> None:
    (tmp_path / "a.yaml").write_text(source)
    with pytest.raises(ConfigError) as told:
        load_kinds(tmp_path)
    assert problem in told.value.message


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: a\npath: x\ninterval: y")
    (tmp_path / "b.yaml").write_text("kind: a\nmetrics: 7")
    with pytest.raises(ConfigError) as told:
        load_kinds(tmp_path)
    assert told.value.message.count("\n  ") == 3


def test_one_metric_has_one_meaning_over_all_kinds(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: a\nmetrics:\n- {from: /p, name: power_watts, help: Power.}")
    (tmp_path / "b.yaml").write_text("kind: b\nmetrics:\n- {from: /p, name: power_watts, help: Drain.}")
    with pytest.raises(ConfigError, match=r"b\.yaml: metric power_watts has another type or help in a\.yaml"):
        load_kinds(tmp_path)


def test_a_missing_folder_is_told_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set DEVICE_KINDS_DIR"):
        load_kinds(tmp_path / "none")
