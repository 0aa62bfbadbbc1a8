"""`dashwright`: the commands by name; a command's module is read only when it is called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from backend_server.errors import DashwrightError

from .errors import (
    EXIT_BROKEN_PIPE,
    EXIT_FAILED,
    exit_code_of,
    words_of,
    words_of_system,
    words_of_unforeseen,
)

# Name → where the command is, and its place in the help.
_COMMANDS = {
    "run": ("backend_server.cli.programs:run", "Prepare and run everything in the foreground."),
    "prepare": ("backend_server.cli.programs:prepare", "Make ready: database, secrets, files, configuration."),
    "demo": ("backend_server.demo.command:demo", "Run everything with a small simulated fleet."),
    "simulate": ("backend_server.demo.fleet:simulate", "Run a simulated fleet alone and register it at a service."),
    "web": ("backend_server.cli.programs:web", "Run the API and the pages."),
    "worker": ("backend_server.cli.programs:worker", "Run the reconcile loop."),
    "poller": ("backend_server.cli.programs:poller", "Ask devices for readings; serve them to Prometheus."),
    "edge": ("backend_server.cli.programs:edge", "Run nginx in front."),
    "device": ("backend_server.cli.devices:device", "Add, list, show, retire and revive devices."),
    "link": ("backend_server.cli.links:link", "Create, list, change, pause, rotate and revoke links."),
    "template": ("backend_server.cli.templates:template", "Check, show, fill, import templates; plan a change."),
    "token": ("backend_server.cli.tokens:token", "Create, list and revoke API tokens."),
    "user": ("backend_server.cli.users:user", "Add, list, change, disable and remove people who sign in."),
    "plan": ("backend_server.cli.passes:plan", "Show what the next pass would do."),
    "apply": ("backend_server.cli.passes:apply", "Bring files and Grafana to what is wanted."),
    "backup": ("backend_server.cli.backup:backup", "Write state, templates and secrets to an encrypted file."),
    "restore": ("backend_server.cli.backup:restore", "Put a backup in the place of what is there."),
    "doctor": ("backend_server.cli.doctor:doctor", "Examine a deployment: what is wrong, why, how to mend it."),
    "settings": ("backend_server.cli.settings:settings", "Show every setting with its value and meaning."),
    "openapi": ("backend_server.cli.openapi:openapi", "Print the API's OpenAPI document."),
    "generate": ("backend_server.cli.generate:generate", "Make dashboards from a metrics spec."),
    "pack": ("backend_server.cli.packs:pack", "Install and remove ready-made dashboards."),
    "inventory": ("backend_server.cli.generate:inventory", "List generated panels, compare lists, find gaps."),
    "discover": ("backend_server.cli.generate:discover", "Write a metrics spec from a running Prometheus."),
}


class _Commands(click.Group):
    """Finds commands by name, late: `dashwright --help` reads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dashwright")
def dashwright() -> None:
    """One live, embeddable dashboard for every device, beside Grafana or without it.

    Settings come from the environment and from `.env` in the current folder; `dashwright settings` lists them.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    sys.exit(call(arguments))


def call(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are written to standard error."""
    try:
        result: Any = dashwright.main(args=arguments, prog_name="dashwright", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        return EXIT_BROKEN_PIPE
    except DashwrightError as fault:
        click.echo(words_of(fault), err=True)
        return exit_code_of(fault)
    except OSError as fault:
        click.echo(words_of_system(fault), err=True)
        return EXIT_FAILED
    except Exception as fault:  # noqa: BLE001  # a command ends in words, whatever happened
        click.echo(words_of_unforeseen(fault), err=True)
        return EXIT_FAILED


if __name__ == "__main__":
    main()
