"""Guides: reads the markdown files of this folder and chooses those a prompt has room for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

CHARACTERS_PER_TOKEN = 3.3
_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Advice for one kind of work. Empty ``globs`` or ``roles`` mean that it applies to all of them."""

    name: str
    description: str
    text: str
    globs: tuple[str, ...] = ()
    """Patterns of file names, such as ``*.py``; one path of the task that matches is enough."""
    roles: tuple[str, ...] = ()

    def applies(self, *, paths: Iterable[str], role: str) -> bool:
        """Whether it has something to say to this role about these paths."""
        if self.roles and role not in self.roles:
            return False
        return not self.globs or any(PurePosixPath(path).match(glob) for path in paths for glob in self.globs)


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """The mapping between the leading ``---`` lines, and the body after them; ({}, text) where there is none.

    Raises ValueError if what stands there is no mapping.
    """
    import yaml  # noqa: PLC0415 - 15 ms that only a run needs

    text = text.replace("\r\n", "\n")
    found = _HEAD.match(text)
    if found is None:
        return {}, text
    try:
        head = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        raise ValueError(f"the front matter is not YAML: {error}") from error
    if not isinstance(head, dict):
        raise ValueError("the front matter must be a mapping of names to values")  # noqa: TRY004 - the file is wrong
    return head, text[found.end() :]


def parse_guide(text: str) -> Guide:
    """One guide file: front matter with ``name``, ``description``, ``globs`` and ``roles``, then its body.

    Raises ValueError where a field is missing or is not what it should be.
    """
    head, body = split_front_matter(text)
    unknown = sorted(set(head) - {"name", "description", "globs", "roles"})
    if unknown:
        raise ValueError(f"a guide has no field {', '.join(unknown)}")
    return Guide(
        name=_word(head, "name"),
        description=_word(head, "description"),
        text=body.strip() + "\n",
        globs=_words(head, "globs"),
        roles=_words(head, "roles"),
    )


@cache
def shipped() -> tuple[Guide, ...]:
    """The guides of this folder, by name."""
    found = [each for each in files(__package__ or "").iterdir() if each.name.endswith(".md")]
    return tuple(sorted((parse_guide(each.read_text("utf-8")) for each in found), key=lambda guide: guide.name))


def match(guides: Sequence[Guide], *, paths: Sequence[str], role: str, budget: int) -> tuple[Guide, ...]:
    """The guides for a role and the paths it works on, in their given order, as long as ``budget`` tokens last.

    A guide that does not fit whole is left out: half an advice is none.
    """
    chosen: list[Guide] = []
    room = budget * CHARACTERS_PER_TOKEN
    for guide in guides:
        if guide.applies(paths=paths, role=role) and len(guide.text) <= room:
            chosen.append(guide)
            room -= len(guide.text)
    return tuple(chosen)


def _word(head: Mapping[str, Any], field: str) -> str:
    value = head.get(field)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"a guide needs a `{field}` that is text")
    return value.strip()


def _words(head: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = head.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"`{field}` of a guide must be a list of texts")
    return tuple(value)
