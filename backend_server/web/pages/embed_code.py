"""The code a person pastes into another page to show a dashboard there: HTML, React, Vue. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from markupsafe import escape


@dataclass(frozen=True, slots=True)
class EmbedCode:
    """One language's code."""

    language: str
    code: str


def embed_codes(url: str, title: str) -> tuple[EmbedCode, ...]:
    """Return the code in each language; neither address nor title can leave the place they stand in."""
    return (
        EmbedCode("HTML", html_code(url, title)),
        EmbedCode("React", _react(url, title)),
        EmbedCode("Vue", _vue(url, title)),
    )


def html_code(url: str, title: str) -> str:
    """Write the element for any page."""
    return (
        f'<iframe src="{escape(url)}" title="{escape(title)}" width="100%" height="600" loading="lazy" '
        'style="border:0" allowfullscreen></iframe>'
    )


def _react(url: str, title: str) -> str:
    # A JSON text is a JavaScript text; in an attribute's braces it needs no other escaping.
    return f"""export function Dashboard() {{
  return (
    <iframe
      src={{{json.dumps(url)}}}
      title={{{json.dumps(title)}}}
      width="100%"
      height={{600}}
      loading="lazy"
      style={{{{ border: 0 }}}}
      allowFullScreen
    />
  );
}}"""


def _vue(url: str, title: str) -> str:
    return f"""<template>
  <iframe
    src="{escape(url)}"
    title="{escape(title)}"
    width="100%"
    height="600"
    loading="lazy"
    style="border: 0"
    allowfullscreen
  ></iframe>
</template>"""
