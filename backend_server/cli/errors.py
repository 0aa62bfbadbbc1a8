"""The error tree as exit codes and words, once for all commands. `docs/running.md` lists the codes."""

from __future__ import annotations

from backend_server.errors import (
    ConfigError,
    Conflict,
    DashwrightError,
    Forbidden,
    Gone,
    InputError,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    UpstreamError,
)

EXIT_BROKEN_PIPE = 141

# The first class that fits counts, so the narrow ones stand first. 2 is also click's code for a wrong command line.
EXIT_CODES: tuple[tuple[type[DashwrightError], int, str], ...] = (
    (ConfigError, 2, "a setting is wrong"),
    (NotFound, 4, "there is no such thing"),
    (Gone, 4, "it is over for good"),
    (Conflict, 5, "its present state forbids it"),
    (InputError, 8, "what was given is not acceptable"),
    (Unauthenticated, 9, "the API token opens nothing"),
    (Forbidden, 9, "the API token may not do this"),
    (TooManyRequests, 10, "a limit was reached"),
    (UpstreamError, 10, "another service failed"),
    (DashwrightError, 1, "anything else"),
)


def exit_code_of(fault: DashwrightError) -> int:
    """Return the exit code of an error."""
    return next(code for kind, code, _ in EXIT_CODES if isinstance(fault, kind))


def words_of(fault: DashwrightError) -> str:
    """Word an error for a person; several problems stand one on a line."""
    if isinstance(fault, InvalidInput) and len(fault.problems) > 1:
        head = fault.message.partition(":")[0]
        return "\n".join([f"{head}:", *[f"  {problem}" for problem in fault.problems]])
    return fault.message
