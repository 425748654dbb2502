"""Guides: reads the markdown files of this folder, and others of the same form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

CHARACTERS_PER_TOKEN = 3.3
ROLES = ("lead", "worker", "critic")
_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_SOURCES = re.compile(r"^## Sources[ \t]*$", re.MULTILINE)
_LONGEST_HEAD = 8_000
_OWN = frozenset({"name", "description", "globs", "roles", "keywords"})
_SKILLS = frozenset({"license", "compatibility", "metadata", "allowed-tools"})
"""Fields of the Agent Skills specification that mean nothing here; they are allowed, so that a skill is a guide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Advice for one kind of work. Empty ``roles`` mean that it is for all of them."""

    name: str
    description: str
    text: str
    """What a prompt holds: the body up to its sources."""
    globs: tuple[str, ...] = ()
    """Patterns of paths, such as ``*.py``; see `guides.globs`."""
    roles: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    """What a task is about that needs this guide. A guide without any is for every task its globs allow."""
    sources: str = ""
    """What its rules rest on; for people, no prompt holds it."""
    place: str = ""
    """Its path in the target repository; empty for those that come with agentctl."""
    kind: Literal["guide", "lesson"] = "guide"

    @property
    def tokens(self) -> int:
        """What it takes of a prompt, about."""
        return round(len(self.text) / CHARACTERS_PER_TOKEN)

    @property
    def is_general(self) -> bool:
        """Whether it is chosen by role and paths alone, so that all tasks of a run share it."""
        return self.kind == "guide" and not self.keywords

    def is_for(self, role: str) -> bool:
        """Whether it speaks to this role."""
        return not self.roles or role in self.roles


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """The mapping between the leading ``---`` lines, and the body after them; ({}, text) where there is none.

    Raises ValueError if what stands there is no mapping.
    """
    import yaml  # noqa: PLC0415 - 15 ms that only a run needs

    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found = _HEAD.match(text)
    if found is None:
        return {}, text
    if len(found[1]) > _LONGEST_HEAD:
        raise ValueError(f"the front matter is longer than {_LONGEST_HEAD} characters")
    try:
        head = yaml.safe_load(found[1])
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"the front matter is not YAML: {error}") from error
    if not isinstance(head, dict):
        raise ValueError("the front matter must be a mapping of names to values")  # noqa: TRY004 - the file is wrong
    return head, text[found.end() :]


def parse_guide(text: str, *, place: str = "") -> Guide:
    """One guide file: front matter with ``name``, ``description``, ``globs``, ``roles``, ``keywords``; then its body.

    Raises ValueError where a field is missing or is not what it should be.
    """
    head, body = split_front_matter(text)
    unknown = sorted(str(field) for field in set(head) - _OWN - _SKILLS)
    if unknown:
        raise ValueError(f"a guide has no field {', '.join(unknown)}")
    advice, sources = split_sources(body)
    return Guide(
        name=_word(head, "name"),
        description=_word(head, "description"),
        text=advice,
        globs=_words(head, "globs"),
        roles=_words(head, "roles"),
        keywords=_words(head, "keywords"),
        sources=sources,
        place=place,
    )


def split_sources(body: str) -> tuple[str, str]:
    """The advice, and what stands under the heading ``## Sources``; empty where there is none."""
    found = _SOURCES.search(body)
    if found is None:
        return body.strip() + "\n", ""
    return body[: found.start()].strip() + "\n", body[found.end() :].strip()


@cache
def shipped() -> tuple[Guide, ...]:
    """The guides of this folder, by name."""
    found = [each for each in files(__package__ or "").iterdir() if each.name.endswith(".md")]
    return tuple(sorted((parse_guide(each.read_text("utf-8")) for each in found), key=lambda guide: guide.name))


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
