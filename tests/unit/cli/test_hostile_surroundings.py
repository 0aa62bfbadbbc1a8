"""No command ends in a traceback, whatever it finds: another server, nothing, garbage, folders it cannot use."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest

from backend_server.cli.main import dashwright
from tests.support.processes import ROOT, free_ports
from tests.unit.cli.conftest import Run

OURS = "This is a fault of Dashwright itself"
TOKEN = "dw_a_token_that_opens_nothing_here"
FILES = {
    "template.json": '{"title": "x"}',
    "garbage.json": "\0\xff{",
    "spec.yml": "plans: [",
    "a.csv": "a,b\n1",
}
# Every command and what it is called with; `{url}` and files of FILES are put in.
CALLS = """
device add rig-1 | device list | device show rig-1 | device retire rig-1 | device revive rig-1
link create rig-1 | link list | link show x | link edit x --note y | link pause x | link resume x | link rotate x
link revoke x --yes | link off | link on
template check garbage.json | template list | template show x | template render rig-1 --template x
template import garbage.json | template plan template.json
token create x | token list | token revoke x
user add ann | user list | user passwd ann | user role ann viewer | user disable ann | user enable ann | user remove ann
plan | apply | backup out/backup.bin | restore garbage.json | doctor | settings | openapi
generate --provision | generate documents | generate rules --out out/rules.yml --spec spec.yml | generate withdraw x
pack list | pack install x | pack remove x
inventory coverage --dir missing --spec spec.yml | inventory diff a.csv garbage.json
inventory export --dir missing --out out/x.csv | discover --prometheus {url}
run | prepare | demo | simulate --url {url} --token x --port 9 | web | worker | poller | edge
"""
COMMANDS = [call.split() for line in CALLS.strip().splitlines() for call in line.split("|")]
# They go on until they are told to stop; each is tried as a process of its own.
LASTING = ("run", "demo", "simulate", "web", "worker", "poller", "edge")
# They stand on nothing that could be hostile.
HARMLESS = ("settings", "openapi")


def names(group: click.Command, *before: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(group, click.Group):
        yield before
        return
    if group.invoke_without_command:
        yield before
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from names(command, *before, name)


def test_every_command_is_tried() -> None:
    known = set(names(dashwright))
    tried = {tuple(call[:2]) if tuple(call[:2]) in known else tuple(call[:1]) for call in COMMANDS}
    assert tried == known


class _Foreign(BaseHTTPRequestHandler):
    server: Foreign

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.server.body)))
        for name, value in self.server.more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        pass


class Foreign(ThreadingHTTPServer):
    """Somebody else's service, which answers everything alike."""

    daemon_threads = True

    def __init__(self, body: bytes, more: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Foreign)
        self.body, self.more = body, more


BODIES = {
    "an object": b'{"status": "ok", "items": [1, 2], "link": "x", "device": 7}',
    "a list": b'[1, "x", null]',
    "HTML": b"<html>hello</html>",
    "null": b"null",
}
LIKE_OURS = {"X-Request-Id": "0123456789abcdef"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of no use, which is where commands are called."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="latin-1")
    (tmp_path / "full").symlink_to("/dev/full")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO("a password of the test\n"))
    monkeypatch.setenv("BACKUP_PASSPHRASE", "a passphrase of the test")
    return tmp_path


def ended(run: Run, *call: str) -> tuple[int, str, str]:
    """Call a command that may end by itself."""
    try:
        return run(*call)
    except SystemExit as ending:
        return int(ending.code or 0), "", "ended"


def takes_url(call: Sequence[str]) -> bool:
    command: click.Command = dashwright
    for word in call:
        if not isinstance(command, click.Group) or (found := command.get_command(click.Context(command), word)) is None:
            break
        command = found
    return any("--token" in one.opts for one in command.params) and call[0] != "simulate"


ELSEWHERE = [call for call in COMMANDS if takes_url(call)]


def check(told: tuple[int, str, str], call: Sequence[str]) -> None:
    code, out, err = told
    said = f"{' '.join(call)}: {code}\n{out}{err}"
    assert "Traceback" not in out + err, said
    assert OURS not in err, said
    assert code != 0, said
    assert err.strip() or call[0] == "doctor", said  # whose answer is what is wrong


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("more", [{}, LIKE_OURS], ids=["foreign", "with a header like ours"])
def test_another_service_at_the_address_is_told(place: Path, run: Run, body: str, more: dict[str, str]) -> None:
    with Foreign(BODIES[body], more) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            for call in ELSEWHERE:
                told = ended(run, *call, "--url", url, "--token", TOKEN)
                if not more:
                    check(told, call)
                else:  # what prints an answer whatever it is may do so; a traceback it may not
                    assert OURS not in told[2], call
            if not more:
                check(ended(run, "discover", "--prometheus", url), ["discover"])
                check(ended(run, "doctor", "--url", url), ["doctor"])
        finally:
            server.shutdown()
            serving.join()


def test_nobody_at_the_address_is_told(place: Path, run: Run) -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    for call in ELSEWHERE:
        check(ended(run, *call, "--url", url, "--token", TOKEN), call)


def states(place: Path) -> dict[str, dict[str, str]]:
    """Settings under which nothing that needs the state can work."""
    (place / "a-file").write_text("no folder")
    garbage = place / "garbage"
    garbage.mkdir()
    (garbage / "dashwright.db").write_bytes(b"this is no database at all" * 100)
    folder = place / "folder"
    (folder / "dashwright.db").mkdir()
    return {
        "missing": {"DATA_DIR": str(place / "nothing")},
        "a file": {"DATA_DIR": str(place / "a-file")},
        "below a file": {"DATA_DIR": str(place / "a-file" / "state")},
        "cannot be written": {"DATA_DIR": "/proc/state"},
        "garbage": {"DATA_DIR": str(garbage)},
        "a folder for a database": {"DATA_DIR": str(folder)},
        "no database there": {"DATABASE_URL": f"postgresql://x@127.0.0.1:{free_ports(1)[0]}/x"},
        "a wrong setting": {"PORT": "80a"},
    }


NEED_STATE = [
    call
    for call in COMMANDS
    if call[0] not in (*LASTING, *HARMLESS, "inventory", "discover", "prepare")
    and call[:2] not in (["template", "check"], ["template", "import"], ["generate", "rules"])
]


@pytest.mark.parametrize("name", [
    "missing", "a file", "below a file", "cannot be written", "garbage", "a folder for a database", "no database there",
    "a wrong setting",
])  # fmt: skip
def test_a_state_that_is_none_is_told(place: Path, run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    environment = {"EDGE": "false", "DASHBOARDS_DIR": str(place / "boards"), "DATA_DIR": str(place / "x")}
    for variable, value in {**environment, **states(place)[name]}.items():
        monkeypatch.setenv(variable, value)
    for call in NEED_STATE:
        check(ended(run, *call), call)
    if name != "missing":
        check(ended(run, "prepare"), ["prepare"])


@pytest.mark.parametrize("call", [
    "template check garbage.json", "template check missing.json", "template import garbage.json",
    "template plan missing.json", "restore missing.bin", "generate --spec spec.yml --output out",
    "generate --spec missing.yml", "generate rules --spec garbage.json", "generate rules --out full",
    "generate rules --out a.csv/rules.yml", "generate rules --out folder", "generate --output a.csv",
    "generate --output a.csv/below", "generate --plan garbage.json --output out", "inventory export --dir missing",
    "inventory export --dir a.csv", "inventory diff missing.csv a.csv", "inventory diff garbage.json a.csv",
    "inventory coverage --dir a.csv", "discover --prometheus nonsense", "discover --prometheus http://127.0.0.1:1",
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_told(place: Path, run: Run, call: str) -> None:
    check(ended(run, *call.split()), call.split())


@pytest.mark.parametrize("folder", ["missing", "a.csv", "a.csv/below"])
def test_a_template_is_not_imported_into_what_is_no_folder(
    place: Path, run: Run, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("TEMPLATES_DIR", str(place / folder))
    (place / "board.json").write_text('{"title": "x", "panels": [], "schemaVersion": 41}')
    told = ended(run, "template", "import", "board.json")
    check(told, ["template", "import"])
    assert "TEMPLATES_DIR is " in told[2]


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_does_not_start_on_a_file_for_a_folder(place: Path, name: str) -> None:
    (place / "a-file").write_text("no folder")
    arguments = ["--url", "http://127.0.0.1:9", "--token", "x", "--listen", "192.0.2.1"] if name == "simulate" else []
    told = subprocess.run(
        [sys.executable, "-m", "backend_server.cli.main", name, *arguments],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}", "DATA_DIR": str(place / "a-file")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=place,
    )
    check((told.returncode, told.stdout, told.stderr), [name])
