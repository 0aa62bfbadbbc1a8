"""Two services on one machine: each answers for itself alone, or the second refuses to start and says why."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.processes import TOKEN, children_of, dashwright, environment_for, get, until

OTHER_TOKEN = "dw_token_of_the_second_service_on_the_machine"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("first")
    environment = environment_for(folder)
    with dashwright(["run"], environment, log=folder / "run.log") as process:
        until_ready(environment)
        yield environment
        assert process.poll() is None, "the first service lives on, whatever the second does"


def until_ready(environment: Mapping[str, str]) -> None:
    until(lambda: get(f"{base(environment)}/server/health")[0] == 200, 90, what="the service is ready")


def base(environment: Mapping[str, str]) -> str:
    return f"http://127.0.0.1:{environment['PORT']}"


def status(environment: Mapping[str, str], token: str) -> int:
    return get(f"{base(environment)}/api/devices", token=token)[0]


def refusal(environment: Mapping[str, str], folder: Path) -> str:
    """Start a second service that is refused at once; gives what it said, after seeing that nothing was made."""
    log = folder / "refused.log"
    with dashwright(["run"], environment, log=log) as process:
        assert process.wait(30) == 2, log.read_text()
    return log.read_text()


def test_two_services_answer_for_themselves_alone(first: dict[str, str], tmp_path: Path) -> None:
    second = environment_for(tmp_path, WEB_PORT=first["WEB_PORT"], API_TOKEN=OTHER_TOKEN)
    with dashwright(["run"], second, log=tmp_path / "run.log") as process:
        until_ready(second)
        assert [status(first, TOKEN), status(first, OTHER_TOKEN)] == [200, 401]
        assert [status(second, OTHER_TOKEN), status(second, TOKEN)] == [200, 401]
        process.send_signal(signal.SIGTERM)
        assert process.wait(25) == 0
    assert status(first, TOKEN) == 200


def test_the_socket_of_web_is_for_this_user_alone_and_nothing_else_listens_for_it(first: dict[str, str]) -> None:
    socket = Path(first["DATA_DIR"]) / "run" / "web.sock"
    if socket.exists():  # else its path is too long, and it lies below the temporary files
        assert socket.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError, match="refused"):
        get(f"http://127.0.0.1:{first['WEB_PORT']}/server/health")


@pytest.mark.parametrize(
    ("setting", "asks"), [("POLLER_PORT", "the poller"), ("PORT", "nginx (the program edge)")]
)  # fmt: skip
def test_a_second_service_with_a_port_of_the_first_is_refused_by_name(
    first: dict[str, str], tmp_path: Path, setting: str, asks: str
) -> None:
    second = environment_for(tmp_path, **{setting: first[setting]})
    told = refusal(second, tmp_path)
    holder = f"the Dashwright on DATA_DIR {first['DATA_DIR']} (process "
    assert told.startswith(f"Port {first[setting]} ({setting}), which {asks} asks for, is already in use by {holder}")
    assert told.endswith(f"); set {setting} to another one.\n")
    assert told.count("\n") == 1
    assert [file.name for file in Path(second["DATA_DIR"]).iterdir()] == ["run"], "nothing was made"
    assert status(first, TOKEN) == 200


def test_a_second_start_on_the_same_state_is_refused(first: dict[str, str], tmp_path: Path) -> None:
    again = environment_for(tmp_path, DATA_DIR=first["DATA_DIR"], DASHBOARDS_DIR=first["DASHBOARDS_DIR"])
    told = refusal(again, tmp_path)
    assert told.startswith(
        f"Dashwright runs on DATA_DIR {first['DATA_DIR']} already; stop that one, or set DATA_DIR to"
    )
    assert told.count("\n") == 1
    assert status(first, TOKEN) == 200


def test_a_program_started_by_hand_is_refused_too(first: dict[str, str], tmp_path: Path) -> None:
    for program, told in (
        ("web", "web.sock already (process "),
        ("poller", f"Port {first['POLLER_PORT']} (POLLER_PORT), which the poller asks for, is already in use"),
        ("edge", f"Port {first['PORT']} (PORT), which nginx (the program edge) asks for, is already in use"),
    ):
        log = tmp_path / f"{program}.log"
        with dashwright([program], first, log=log) as process:
            assert process.wait(60) == 2, log.read_text()
        assert told in log.read_text()
        assert "Traceback" not in log.read_text()
    assert status(first, TOKEN) == 200


def test_a_port_that_is_taken_after_all_ends_the_start_and_not_after_seven_tries(
    first: dict[str, str], tmp_path: Path
) -> None:
    with subprocess.Popen(["sleep", "600"]) as supervisor:
        of_a_start = {**first, "DASHWRIGHT_RUN": str(tmp_path), "DASHWRIGHT_PARENT": str(supervisor.pid)}
        try:
            with dashwright(["poller"], of_a_start, log=tmp_path / "poller.log") as process:
                assert process.wait(60) == 2
            assert supervisor.wait(30) == -signal.SIGTERM
        finally:
            supervisor.kill()
    assert (tmp_path / "failed").read_text().startswith(f"Port {first['POLLER_PORT']} (POLLER_PORT), which the poller")


def test_nothing_is_left_of_a_service_that_was_refused(first: dict[str, str], tmp_path: Path) -> None:
    second = environment_for(tmp_path, POLLER_PORT=first["POLLER_PORT"])
    with dashwright(["run"], second, log=tmp_path / "run.log") as process:
        process.wait(30)
        assert children_of(process.pid) == []
