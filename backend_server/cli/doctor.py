"""`dashwright doctor`: examines a deployment and says what is wrong, why it matters, and how to fix it.

Its exit codes are its own: 0 nothing above info, 1 warnings, 2 something critical; 64 a wrong command line, 78 settings
that cannot be read (BSD's sysexits), so that neither looks like a finding.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from backend_server.doctor import CATALOGUE, Finding, Severity, examine, examine_outside, exit_code
from backend_server.errors import ConfigError
from backend_server.settings import current_settings

from .context import show_json

EXIT_USAGE, EXIT_SETTINGS = 64, 78
_COLOURS = {Severity.CRITICAL: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_HEAD = """# Doctor

`dashwright doctor` looks at a running deployment from inside and outside and names each fault with its fix. It changes
nothing. Run it on the machine of the service, with its settings: `docker compose exec dashwright dashwright doctor`.

| option | meaning |
|---|---|
| `--url URL` | looks from outside alone, as a stranger does; needs no settings. Run it on another machine. |
| `--provisioning DIR` | Grafana's provisioning folder, for a Grafana that `dashwright run` does not start |
| `--json` | prints `{"findings": [{"id", "severity", "what", "why", "fix"}], "exit_code"}` |

| exit code | meaning |
|---|---|
| 0 | nothing, or only what is good to know (info) |
| 1 | warnings |
| 2 | something critical |
| 64 | the command line is wrong |
| 78 | the settings cannot be read; the message names each |

From outside it really sends identity headers (`X-WEBAUTH-USER` and other spellings) through the public port and
looks at what comes back, asks for what must be closed, and tries Grafana's ports on the same host. From inside it asks
Grafana as ourselves, as nobody and with its default password, also on this machine's other addresses, reads the
settings Grafana runs with, the database, the disk under it, the provider file and every dashboard file. What cannot be
seen from where it runs is reported as `not-looked-at`.

This page is written by `dashwright doctor --markdown`.
"""


class _WrongUsage(click.UsageError):
    exit_code = EXIT_USAGE


class _Command(click.Command):
    """Ends a wrong command line with an exit code of its own."""

    def make_context(self, *given: Any, **named: Any) -> click.Context:
        try:
            return super().make_context(*given, **named)
        except click.UsageError as fault:
            raise _WrongUsage(fault.format_message(), fault.ctx) from fault


class _SettingsUnreadable(click.ClickException):
    exit_code = EXIT_SETTINGS


@click.command(cls=_Command)
@click.option("--url", metavar="URL", help="Look from outside alone at this public address.")
@click.option("--provisioning", type=click.Path(path_type=Path), help="Grafana's provisioning folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--markdown", is_flag=True, help="Print docs/doctor.md.")
def doctor(url: str | None, provisioning: Path | None, as_json: bool, markdown: bool) -> int:
    """Examine a deployment: what is wrong, why it matters, how to fix it."""
    if markdown:
        click.echo(doctor_page(), nl=False)
        return 0
    findings = _examined(url, provisioning)
    code = exit_code(findings)
    if as_json:
        show_json({"findings": [finding.as_json() for finding in findings], "exit_code": code})
    else:
        _show(findings)
    return code


def doctor_page() -> str:
    """Write the page of all findings."""
    parts = [_HEAD]
    for severity in Severity:
        kinds = [kind for kind in CATALOGUE.values() if kind.severity is severity]
        parts.append(f"\n## {severity.value.capitalize()}\n\n| finding | why it matters | the fix |\n|---|---|---|\n")
        parts += [f"| `{kind.id}`: {kind.title} | {_cell(kind.why)} | {_cell(kind.fix)} |\n" for kind in kinds]
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _examined(url: str | None, provisioning: Path | None) -> tuple[Finding, ...]:
    if url is not None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or provisioning is not None:
            hint = "--provisioning looks inside" if provisioning is not None else "it must look like https://host"
            raise _WrongUsage(f"--url {url!r}: {hint}.")
        return examine_outside(url)
    try:
        settings = current_settings()
    except ConfigError as fault:
        raise _SettingsUnreadable(fault.message) from fault
    return examine(settings, provisioning=provisioning)


def _show(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        name = click.style(finding.kind.severity.value, fg=_COLOURS[finding.kind.severity], bold=True)
        click.echo(f"{name}  {finding.kind.id}: {finding.kind.title}", color=sys.stdout.isatty())
        if finding.what != f"{finding.kind.title}.":
            click.echo(f"    {finding.what}")
        click.echo(f"    Why: {finding.kind.why}\n    Fix: {finding.kind.fix}\n")
    counts = [sum(finding.kind.severity is severity for finding in findings) for severity in Severity]
    click.echo(f"{counts[0]} critical, {counts[1]} warning(s), {counts[2]} to know.")
