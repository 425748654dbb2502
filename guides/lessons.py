"""The lessons of a repository: one committed markdown file, a section each, that a person can read and edit. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .foreign import globs_of
from .load import Guide

FILE = "agentctl.lessons.md"
"""Beside agentctl.toml, so that it is committed and reviewed like code; ``.agentctl/`` is ignored by git."""

HEADER = """\
# Lessons

What workers got wrong in this repository, and what put it right. agentctl shows a worker those that concern the paths
or the subject of its task. Each was proposed by `agentctl lessons` and approved by a person; edit or delete freely.
"""
_SECTION = re.compile(r"^## ([a-z0-9][a-z0-9.-]*): (.+)$", re.MULTILINE)
_APPLIES = re.compile(r"\A\s*Applies to:(.+)$", re.MULTILINE)


def parse_lessons(text: str, *, place: str = FILE) -> tuple[Guide, ...]:
    """The lessons of a file, in its order; what is no section of theirs is left alone."""
    return tuple(_lesson(name, title, body, place) for name, title, body in _sections(text))


def with_lesson(text: str, lesson: Guide) -> str:
    """The file with this lesson in it, in the place of one of the same name if there is one."""
    text = text.replace("\r\n", "\n") or HEADER
    section = as_section(lesson)
    bounds = _bounds(text, lesson.name)
    if bounds is None:
        return f"{text.rstrip()}\n\n{section}"
    rest = text[bounds[1] :].lstrip("\n")
    return text[: bounds[0]] + section + (f"\n{rest}" if rest else "")


def without_lesson(text: str, name: str) -> str:
    """The file without the lesson of that name."""
    text = text.replace("\r\n", "\n")
    bounds = _bounds(text, name)
    return text if bounds is None else (text[: bounds[0]] + text[bounds[1] :]).rstrip() + "\n"


def as_section(lesson: Guide) -> str:
    """A lesson as it stands in the file."""
    globs = f"Applies to: {', '.join(f'`{glob}`' for glob in lesson.globs)}\n\n" if lesson.globs else ""
    return f"## {lesson.name}: {lesson.description}\n\n{globs}{lesson.text.strip()}\n"


def _lesson(name: str, title: str, body: str, place: str) -> Guide:
    found = _APPLIES.match(body)
    globs = globs_of(found[1].replace("`", "")) if found else ()
    text = body[found.end() :] if found else body
    return Guide(
        name=name,
        description=title,
        text=text.strip() + "\n",
        globs=globs,
        kind="lesson",
        place=place,
        roles=("worker",),
    )


def _sections(text: str) -> Iterator[tuple[str, str, str]]:
    text = text.replace("\r\n", "\n")
    found = list(_SECTION.finditer(text))
    for number, each in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        yield each[1], each[2].strip(), text[each.end() : end]


def _bounds(text: str, name: str) -> tuple[int, int] | None:
    found: Sequence[re.Match[str]] = list(_SECTION.finditer(text))
    for number, each in enumerate(found):
        if each[1] == name:
            return each.start(), found[number + 1].start() if number + 1 < len(found) else len(text)
    return None
