"""The pages' colours: only tokens name them, and every pair that meets has enough contrast (WCAG 2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import backend_server.web

CSS = (Path(backend_server.web.__file__).parent / "static" / "app.css").read_text(encoding="utf-8")
LIGHT, DARK = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
THEMES = {"light": LIGHT, "dark": DARK}


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["page", "surface", "raised"])
@pytest.mark.parametrize(
    ("ink", "least"),
    [
        ("text", 4.5),
        ("text-2", 4.5),
        ("accent", 4.5),
        ("accent-hover", 4.5),
        ("bad", 3),
        ("good", 3),
        ("warning", 3),
        ("info", 3),
        ("field-line", 3),
    ],
)
def test_every_ink_can_be_read_on_every_ground(theme: str, ground: str, ink: str, least: float) -> None:
    found = tokens(THEMES[theme])
    assert contrast(found[ink], found[ground]) >= least


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["accent", "accent-hover"])
def test_words_on_the_accent_can_be_read(theme: str, ground: str) -> None:
    found = tokens(THEMES[theme])
    assert contrast(found["on-accent"], found[ground]) >= 4.5


def test_nothing_but_the_tokens_names_a_colour() -> None:
    rules = CSS
    for block in re.findall(r":root \{.*?\}", CSS, re.DOTALL):
        rules = rules.replace(block, "")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", rules) == []


def test_the_contrast_rule_can_fail() -> None:
    assert contrast("#777777", "#888888") < 1.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
