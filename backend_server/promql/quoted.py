"""How PromQL quotes text, as one pattern that reads hostile text once."""

from __future__ import annotations

import re

# A text without its end reaches to the end of the whole and sets a group. Were it no match, each quote in it would be
# tried again, each time to the end: quadratic, seconds for the longest expression.
QUOTED = r'"(?:\\.|[^"\\])*(?:"|(\\?\Z))|' + r"'(?:\\.|[^'\\])*(?:'|(\\?\Z))|`[^`]*(?:`|(\Z))"
QUOTED_OR_COMMENT = re.compile(QUOTED + r"|#[^\n]*", re.DOTALL)
