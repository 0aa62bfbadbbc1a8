"""What people read of a link's state stands in one file, which the server and the pages' scripts read alike."""

from __future__ import annotations

from pathlib import Path

from backend_server.links import LinkState
from backend_server.primitives.words import link_state_words, state_label
from backend_server.runtime.programs.nginx import NOTICES
from backend_server.viewing import admission
from backend_server.viewing.model import Refusal

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "frontend" / "src" / "words" / "link-states.json"
SOURCES = ("backend_server/**/*.py", "backend_server/**/*.html", "frontend/src/**/*.ts", "config/**/*.j2")
# Said of other things as well.
ALSO_ELSEWHERE = {"Too many requests", "Password required", "Dashboard not found", "Check it and try again."}


def test_no_other_place_words_a_links_state() -> None:
    texts = {
        text
        for words in link_state_words().values()
        for text in (words.title, words.text, words.message, words.open)
        if len(text) > 12
    } - ALSO_ELSEWHERE
    assert len(texts) > 20
    again = [
        f"{path.relative_to(ROOT)}: {text}"
        for pattern in SOURCES
        for path in ROOT.glob(pattern)
        if "static/dist" not in str(path)
        for text in texts
        if text in path.read_text(encoding="utf-8")
    ]
    assert again == []


def test_every_refusal_has_its_words_and_every_word_its_refusal() -> None:
    refusals = [value for value in vars(admission).values() if isinstance(value, Refusal)]
    reasons = {refusal.reason for refusal in [*refusals, *admission._OF_STATE.values()]}
    assert reasons == {reason for reason, words in link_state_words().items() if words.message}


def test_owners_read_a_label_for_every_state_and_nginx_has_its_notices_words() -> None:
    words = link_state_words()
    assert {state.value for state in LinkState} <= words.keys()
    assert all(one.label for one in words.values())
    assert [state_label("not_yet"), state_label("of another_day")] == ["Not yet", "Of another day"]
    assert all(words[reason].title and words[reason].text for reason in NOTICES.values())


def test_the_words_are_in_the_wheel() -> None:
    assert '"frontend/src/words" = "backend_server/_data/frontend/src/words"' in (ROOT / "pyproject.toml").read_text()
    assert "COPY frontend/src/words ./frontend/src/words" in (ROOT / "Dockerfile").read_text()
