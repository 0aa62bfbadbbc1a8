"""An alert's summary is a Go template that Prometheus fills when the alert fires; checked here, as `promtool` would.

Taken are `$labels`, `$value`, `$externalLabels`, `$externalURL`, `.` and fields, text and numbers, Prometheus' own
functions in pipelines, and `if`, `else`, `with`, `range`, `end`. Variables of one's own and named templates are not.
"""

from __future__ import annotations

import re

from backend_server.primitives.suggestions import did_you_mean

FUNCTIONS = frozenset(  # of Prometheus (docs: "Template reference") and of Go's text/template
    """
query first label value sortByLabel strvalue args reReplaceAll safeHtml match title toUpper toLower graphLink tableLink
humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp pathPrefix externalURL parseDuration
stripPort stripDomain toTime
and or not eq ne lt le gt ge index len print printf println html js urlquery slice
""".split()  # noqa: SIM905 -- a list literal would take a line each
)
VARIABLES = ("$labels", "$value", "$externalLabels", "$externalURL")
_REMEDY = "a summary may hold " + ", ".join(VARIABLES) + " and Prometheus' template functions"
_MAX_DEPTH = 20
_OPEN = re.compile(r"\{\{(?:-(?=\s))?")
_COMMENT = re.compile(r"\{\{(?:-\s+)?/\*.*?\*/(?:\s+-)?\}\}", re.DOTALL)
_CLOSE = re.compile(r"(?:\s+-|\s*)\}\}")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\\n]|\\(?:[abfnrtv\\"]|x[0-9a-fA-F]{2}|u(?!d[89a-f])[0-9a-f]{4}))*"|`[^`]*`)(?=\s|\||\)|\}\})
      | (?P<number>-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?)(?=\s|\||\)|\}\})
      | (?P<variable>\$\w*)(?P<fields>(?:\.[A-Za-z_]\w*)*)(?=\s|\||\)|\}\})
      | (?P<field>\.|(?:\.[A-Za-z_]\w*)+)(?=\s|\||\)|\}\})
      | (?P<word>[A-Za-z_]\w*)(?=\s|\||\)|\}\})
      | (?P<open>\()
      | (?P<close>\))(?=\s|\||\)|\}\})
      | (?P<pipe>\|)
    )""",
    re.VERBOSE | re.ASCII,
)


class _BadTemplateError(Exception):
    """What is wrong, in words."""


def template_fault(text: str) -> str | None:
    """Return what Prometheus would refuse in a summary, with the remedy; None when nothing."""
    if "{{" not in text:
        return None
    try:
        _Template(text).read()
    except _BadTemplateError as fault:
        return f"{fault}; {_REMEDY}"
    return None


class _Template:
    """One pass over a template's text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._blocks: list[str] = []

    def read(self) -> None:
        """Read to the end; raises _BadTemplateError."""
        while (start := self._text.find("{{", self._at)) >= 0:
            comment = _COMMENT.match(self._text, start)
            if comment:
                self._at = comment.end()
                continue
            opened = _OPEN.match(self._text, start)
            self._at = opened.end() if opened else start + 2
            self._action()
        if self._blocks:
            raise _BadTemplateError(f"{{{{ {self._blocks[-1]} }}}} has no {{{{ end }}}}")

    def _action(self) -> None:
        word = self._peek()
        name = word.group("word") if word else None
        if word and name in ("if", "with", "range"):
            self._at = word.end()
            self._blocks.append(str(name))
            self._pipeline(0)
        elif word and name == "else":
            self._at = word.end()
            self._else()
        elif word and name == "end":
            self._at = word.end()
            if not self._blocks:
                raise _BadTemplateError("{{ end }} ends nothing")
            self._blocks.pop()
        else:
            self._pipeline(0)
        closed = _CLOSE.match(self._text, self._at)
        if not closed:
            raise _BadTemplateError(f"{self._shown()} cannot be read")
        self._at = closed.end()

    def _else(self) -> None:
        if not self._blocks or self._blocks[-1].startswith("else"):
            raise _BadTemplateError("{{ else }} has no {{ if }} before it")
        word = self._peek()
        if word and word.group("word") == "if" and self._blocks[-1] == "if":
            self._at = word.end()
            self._pipeline(0)
        else:
            self._blocks[-1] = "else"

    def _pipeline(self, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise _BadTemplateError(f"brackets are nested deeper than {_MAX_DEPTH}")
        self._command(depth, first=True)
        while (pipe := self._peek()) and pipe.group("pipe"):
            self._at = pipe.end()
            self._command(depth, first=False)

    def _command(self, depth: int, *, first: bool) -> None:
        """Read a function with its arguments, or one value; what comes through a pipe needs a function."""
        head = self._peek()
        name = head.group("word") if head else None
        if head and name and name not in ("true", "false"):
            if name not in FUNCTIONS:
                raise _BadTemplateError(f"{name[:40]!r} is not a function{did_you_mean(name, sorted(FUNCTIONS))}")
            self._at = head.end()
            while self._operand(depth):
                continue
            return
        if not first:
            raise _BadTemplateError(f"{self._shown()} stands after '|' and is not a function")
        if not self._operand(depth):
            raise _BadTemplateError(f"{self._shown()} cannot be read")

    def _operand(self, depth: int) -> bool:
        """Read one value; returns False when there is none."""
        token = self._peek()
        if token is None or token.group("pipe") or token.group("close"):
            return False
        self._at = token.end()
        if token.group("open"):
            self._pipeline(depth + 1)
            closing = self._peek()
            if not (closing and closing.group("close")):
                raise _BadTemplateError(f"{self._shown()} cannot be read")
            self._at = closing.end()
        elif token.group("variable"):
            self._variable(token.group("variable"), token.group("fields"))
        elif (word := token.group("word")) and word not in ("true", "false") and word not in FUNCTIONS:
            raise _BadTemplateError(f"{word[:40]!r} is not a function{did_you_mean(word, sorted(FUNCTIONS))}")
        return True

    @staticmethod
    def _variable(name: str, fields: str) -> None:
        if name not in VARIABLES:
            raise _BadTemplateError(f"{name[:40]!r} is not known{did_you_mean(name, VARIABLES)}")
        most = 1 if name in ("$labels", "$externalLabels") else 0
        if fields.count(".") > most:
            raise _BadTemplateError(f"{(name + fields)[:60]!r} has a field too many")

    def _peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self._at)

    def _shown(self) -> str:
        return repr(self._text[self._at : self._at + 30].strip() or "the end")
