"""`dashwright generate`, `inventory` and `discover`: dashboards from a metrics spec.

The three scripts in `scripts/` enter here too, with the same flags and exit codes.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import click
import orjson

from backend_server.errors import ConfigError, DashwrightError, InvalidInput, NotFound, Problem, UpstreamError
from backend_server.generator.job import Job, run_job
from backend_server.generator.output.coverage import find_coverage
from backend_server.generator.output.inventory import (
    FORMATS,
    Entry,
    diff_inventory,
    read_inventory,
    take_inventory,
    write_inventory,
)
from backend_server.generator.output.rules import rule_file
from backend_server.generator.spec.read import read_spec
from backend_server.primitives.shipped import shipped
from backend_server.provisioning.generated import read_folder, write_folder

from .api import Api, api_command, shown_address
from .context import show_json, show_table
from .errors import exits
from .generated_files import verify_job, write_job
from .options import option, takes

# These commands are scripts too: their exit codes are those of the scripts, not of the table in `errors`.
BAD_INPUT = (DashwrightError, 2)
EXIT_NOTHING_FOUND = 3
EXIT_DIFFERENCES = 7

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


def _flag(*names: str) -> bool:
    return any(os.environ.get(name, "").strip().lower() in ("1", "true", "yes", "on") for name in names)


def _default_spec() -> Path:
    here = Path("metrics/spec/base.yml")
    return here if here.is_file() else shipped("metrics", "spec", "base.yml")


def _default_output() -> Path:
    return Path("config/grafana/dashboards/generated")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise ConfigError(f"{path} cannot be read ({fault.strerror}); name another file.") from fault


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """What to generate from which spec, and what to do with it."""

    spec_file: Path | None = option("--spec", type=_FILE, help="Metrics spec [metrics/spec/base.yml].")
    output: Path | None = option(
        "--output", type=_FOLDER, help="Folder of the dashboards [config/grafana/dashboards/generated]."
    )
    plan_file: Path | None = option("--plan", type=_FILE, help="A file `plans: […]` instead of the shipped plans.")
    only: str | None = option("--only", help="Slugs, separated by commas.")
    dense: bool = option("--dense", is_flag=True, help="Lower panels (also DASHBOARD_DENSE=1).")
    verify: bool = option(
        "--verify", is_flag=True, help="Write nothing; exit 6 when the files are not what would be made."
    )
    verbose: bool = option("--verbose", is_flag=True, help="Titles of what differs (also DASHBOARD_DIFF_VERBOSE=1).")
    provision: bool = option(
        "--provision", is_flag=True, help="Have them wanted by the service; files only with --output too."
    )
    folder: str = option(
        "--folder", default="Generated", show_default=True, help="Their folder in Grafana, with --provision."
    )
    prune: bool = option(
        "--prune",
        is_flag=True,
        help="Remove generated files that are not made any more; with --provision withdraw them.",
    )

    @property
    def slugs(self) -> list[str]:
        """The slugs of `--only`; none = all."""
        return [slug.strip() for slug in (self.only or "").split(",") if slug.strip()]

    @property
    def is_dense(self) -> bool:
        """Whether panels are of lower height."""
        return self.dense or _flag("DASHBOARD_DENSE", "G6_DASHBOARD_DENSE")

    def check(self) -> None:
        """Raise ConfigError for flags that do not go together."""
        if self.prune and (self.only or self.verify):
            raise ConfigError("--prune goes without --only and --verify: it removes all that is not made any more.")
        if self.verify and self.provision:
            raise ConfigError("--verify changes nothing and --provision does; give one of the two.")

    def job(self) -> Job:
        """Generate the dashboards; raises DashwrightError."""
        path = self.spec_file or _default_spec()
        job = run_job(
            _read(path),
            _read(self.plan_file) if self.plan_file else None,
            spec_name=path.name,
            plan_name=self.plan_file.name if self.plan_file else "plan",
            only=self.slugs,
            dense=self.is_dense,
        )
        for line in job.warnings:
            click.echo(f"warning: {line}", err=True)
        return job

    def as_body(self) -> dict[str, object]:
        """Return the request to provision the same, as the API takes it."""
        asked = {
            "spec": _read(self.spec_file or _default_spec()).decode(),
            "only": self.slugs,
            "dense": self.is_dense,
            "folder": self.folder,
            "prune": self.prune,
        }
        return asked | ({"plan": _read(self.plan_file).decode()} if self.plan_file else {})


@click.group("generate", invoke_without_command=True)
@takes(wanted=GenerateOptions)
@api_command()
@click.pass_context
def generate(context: click.Context, *, api: Api, wanted: GenerateOptions) -> None:
    """Generate dashboards from a metrics spec, check that they are up to date, or have them served."""
    context.obj = wanted.spec_file
    if context.invoked_subcommand is not None:
        return
    with exits(BAD_INPUT):
        wanted.check()
        job, whole = wanted.job(), not wanted.slugs
        if wanted.verify:
            verbose = wanted.verbose or _flag("DASHBOARD_DIFF_VERBOSE", "G6_DASHBOARD_DIFF_VERBOSE")
            verify_job(job, wanted.output or _default_output(), whole=whole, verbose=verbose)
            return
        if wanted.output is not None or not wanted.provision:
            write_job(job, wanted.output or _default_output(), whole=whole, prune=wanted.prune)
    if wanted.provision:
        _provision(api, wanted.as_body())


def _provision(api: Api, asked: dict[str, object]) -> None:
    found = api("POST", "/api/generator/provision", asked)
    counts = ", ".join(f"{len(found[name])} {name}" for name in ("created", "changed", "unchanged", "withdrawn"))
    click.echo(f"{counts}.")
    if found["left"]:
        slugs = ", ".join(found["left"])
        click.echo(f"Not made any more, and left as they are (--prune withdraws them): {slugs}", err=True)


@generate.command("documents")
@api_command(json="Print an array.")
def list_documents(*, api: Api, as_json: bool) -> None:
    """List the generated dashboards that are provisioned, each with its uid and state."""
    found = api("GET", "/api/generator/documents")
    if as_json:
        show_json(found)
        return
    show_table(
        ("slug", "uid", "title", "folder", "state", "reason"),
        [[row[name] for name in ("slug", "uid", "title", "folder", "state", "reason")] for row in found],
        empty="No generated dashboard is provisioned.",
    )


@generate.command("withdraw")
@click.argument("slugs", metavar="SLUG…", nargs=-1, required=True)
@api_command()
def withdraw(*, api: Api, slugs: tuple[str, ...]) -> None:
    """Withdraw generated dashboards: their links end at once, then files and dashboards go."""
    for slug in slugs:
        click.echo(api("DELETE", f"/api/generator/documents/{quote(slug, safe='')}")["message"])


@generate.command("rules")
@click.option("--spec", "spec_file", type=_FILE, help="Metrics spec [metrics/spec/base.yml].")
@click.option("--out", type=_FILE, help="File to write; standard output without it.")
@click.pass_context
@exits(BAD_INPUT)
def rules(context: click.Context, spec_file: Path | None, out: Path | None) -> None:
    """Write recording and alert rules as a Prometheus rule file."""
    path = spec_file or context.obj or _default_spec()
    _emit(rule_file(read_spec(_read(path), name=path.name)), out)


@click.group("inventory")
def inventory() -> None:
    """List generated panels, compare two lists, find gaps."""


@inventory.command("export")
@click.option("--dir", "folder", type=_FOLDER, help="Folder of the dashboards [config/grafana/dashboards/generated].")
@click.option("--format", "form", default="csv", show_default=True, help="csv or jsonl.")
@click.option("--filter-source", help="Only panels of these sources, separated by commas.")
@click.option("--out", type=_FILE, help="File to write; standard output without it.")
@exits((NotFound, EXIT_NOTHING_FOUND), BAD_INPUT)
def export(folder: Path | None, form: str, filter_source: str | None, out: Path | None) -> None:
    """Write slug, title, metric, source and panel_uuid of every generated panel."""
    if form not in FORMATS:
        raise ConfigError(f"--format is {form!r}; it must be one of {', '.join(FORMATS)}.")
    sources = frozenset(part.strip() for part in (filter_source or "").split(",") if part.strip())
    entries = take_inventory(read_folder(folder or _default_output()), sources=sources)
    if not entries:
        raise NotFound("no generated panel was found.")
    _emit(write_inventory(entries, form), out)


@inventory.command("diff")
@click.argument("previous", type=_FILE)
@click.argument("current", type=_FILE)
@click.option("--json-out", type=_FILE, help="Also write the differences as JSON.")
@exits(BAD_INPUT)
def diff(previous: Path, current: Path, json_out: Path | None) -> None:
    """Compare two exports by panel_uuid."""
    found = diff_inventory(_entries(previous), _entries(current))
    if json_out is not None:
        _emit(orjson.dumps(found.as_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode(), json_out)
    for entry in found.added:
        click.echo(f"added {entry.slug}: {entry.title} ({entry.panel_uuid})")
    for entry in found.removed:
        click.echo(f"removed {entry.slug}: {entry.title} ({entry.panel_uuid})")
    for panel in found.renamed:
        click.echo(
            f"renamed {panel.slug}: {panel.old_title} -> {panel.new_title}" + (" (inferred)" if panel.inferred else "")
        )
    if not found.empty:
        sys.exit(EXIT_DIFFERENCES)


@inventory.command("coverage")
@click.option("--spec", "spec_file", type=_FILE, help="Metrics spec [metrics/spec/base.yml].")
@click.option("--dir", "folder", type=_FOLDER, help="Folder of the dashboards [config/grafana/dashboards/generated].")
@exits(BAD_INPUT)
def coverage(spec_file: Path | None, folder: Path | None) -> None:
    """Find metrics without a panel, and panels whose metric the spec does not describe."""
    path = spec_file or _default_spec()
    found = find_coverage(read_spec(_read(path), name=path.name), read_folder(folder or _default_output()))
    for metric in found.metrics_without_panel:
        click.echo(f"no panel: {metric}")
    for panel in found.panels_without_metric:
        click.echo(f"not in the spec: {panel}")
    if not found.complete:
        sys.exit(EXIT_DIFFERENCES)


@click.command("discover")
@click.option("--prometheus", "url", required=True, help="Address of a running Prometheus.")
@click.option("--out", type=_FILE, help="File to write; standard output without it.")
@click.option("--match", help="Only metrics whose name begins with one of these, separated by commas.")
@exits(BAD_INPUT)
def discover(url: str, out: Path | None, match: str | None) -> None:
    """Write a metrics spec from what a running Prometheus knows, to be edited."""
    from backend_server.generator.spec.discover import discover_spec
    from backend_server.wiring.publishing import seen_metrics

    if not _is_http_address(url):
        raise ConfigError("--prometheus is not an address; it must be one such as http://127.0.0.1:9090.")
    try:
        seen = seen_metrics(url)
    except DashwrightError as fault:
        # The address is the operator's own word, so it may be named here, as it never is in the API's answers.
        raise UpstreamError(f"{fault.message} It was asked at {shown_address(url)}.") from fault
    prefixes = [part.strip() for part in (match or "").split(",") if part.strip()]
    _emit(discover_spec(seen, prefixes), out)


def _is_http_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # e.g. a port that is no number
        return False


def _entries(path: Path) -> tuple[Entry, ...]:
    try:
        text = _read(path).decode("utf-8")
    except UnicodeDecodeError as fault:
        fault_text = "is not UTF-8 text; export it again, or save it as UTF-8"
        raise InvalidInput([Problem("", fault_text)], what=path.name) from fault
    return read_inventory(text, what=path.name)


def _emit(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
    elif out.exists() and not out.is_file():
        # A pipe or a device, which a whole new file would take the place of.
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as fault:
            raise ConfigError(f"{out} cannot be written ({fault.strerror}); name another file.") from fault
    else:
        write_folder(out.parent, {out.name: text.encode()})
