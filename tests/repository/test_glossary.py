"""The glossary and the architecture page are true: what they name is there, and what is there they name."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BACKEND = ROOT / "backend_server"
PAGES = ROOT / "frontend" / "src"
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ENTRIES = [
    entry for line in re.findall(r"^\| (\*\*.*?) \|", GLOSSARY, re.M) for entry in re.findall(r"\*\*(.+?)\*\*", line)
]
ROWS = {
    room: line
    for line in ARCHITECTURE.splitlines()
    if line.startswith("| `")
    for room in re.findall(r"`(\w+)`", line.split("|")[1])
}


def singular(word: str) -> str:
    word = word.lower()
    if word.endswith("sses"):
        return word.removesuffix("es")
    return word.removesuffix("s") if len(word) > 3 and not word.endswith(("ss", "us")) else word


def words_of(text: str) -> set[str]:
    """Return the words of prose, or of a name such as `LinkProfile` or `link_profile`, in the singular."""
    return {singular(word) for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)}


def sources() -> str:
    files = [
        *BACKEND.rglob("*.py"),
        *(BACKEND / "web" / "templates").rglob("*.html"),
        *(path for path in PAGES.rglob("*.ts") if path.name != "schema.d.ts"),
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in files).lower()


def spelled(entry: str) -> str:
    """Return a pattern for the entry in prose and in names: `answer cache`, `answer_cache`, `AnswerCache`."""
    parts = [re.escape(part.lower()) for part in re.split(r"[ -]", entry)]
    return r"(?<![a-z])" * (len(parts) == 1 and len(parts[0]) < 6) + r"[-_ ]?".join(parts)


def test_every_entry_of_the_glossary_occurs_in_the_code_or_the_pages() -> None:
    text = sources()
    assert len(ENTRIES) > 40
    assert [entry for entry in ENTRIES if not re.search(spelled(entry), text)] == []


def test_no_entry_stands_twice() -> None:
    entries = [entry.lower() for entry in ENTRIES]
    assert sorted(entries) == sorted(set(entries))


def test_the_architecture_page_names_every_folder_of_the_front_end() -> None:
    folders = {path.name for path in PAGES.iterdir() if path.is_dir()}
    assert folders - set(re.findall(r"`src/(\w+)/", ARCHITECTURE)) == set()


def face_of(room: str) -> list[str]:
    """Return the classes in a room's face; errors are explained by the page of the API instead."""
    module = importlib.import_module(f"backend_server.{room}")
    faces = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    return [name for name, face in faces.items() if inspect.isclass(face) and not issubclass(face, BaseException)]


@pytest.mark.parametrize("room", sorted(path.parent.name for path in BACKEND.glob("*/__init__.py")))
def test_every_class_in_a_rooms_face_is_built_of_a_word_that_is_explained(room: str) -> None:
    explained = {word for entry in ENTRIES for word in words_of(entry)} | words_of(ROWS[room])
    assert [name for name in face_of(room) if not words_of(name) & explained] == []


def test_names_are_cut_into_words() -> None:
    assert words_of("LinkProfiles") == {"link", "profile"}
    assert words_of("HTTPStatus, api_status") == {"http", "status", "api"}
    assert re.search(spelled("answer cache"), "class answercache:")
    assert not re.search(spelled("edge"), "knowledge")
