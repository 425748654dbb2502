"""Rules that a repository keeps for other tools: which files they are, where they apply, and which say the same. Pure.

Known are AGENTS.md, CLAUDE.md and GEMINI.md in any folder, .cursor/rules/*.mdc and .cursorrules, Copilot's
instructions, and SKILL.md files. Front matter is read with forbearance: ``globs: *.ts`` is no YAML, and common.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .load import split_front_matter

When = Literal["always", "paths", "described"]

MOST_FILES = 200
"""Rules files of a tree that are looked at, those near the root first."""
_NAMES = ("AGENTS.md", "CLAUDE.md", "GEMINI.md")
_SKILLS = re.compile(r"(?:\.claude/|\.agents/|\.github/|\.cursor/)?skills/[^/]+/SKILL\.md")
_MDC = re.compile(r"(?:(.+)/)?\.cursor/rules/.+\.mdc")
_INSTRUCTIONS = re.compile(r"\.github/instructions/.+\.instructions\.md")
_COPILOT = ".github/copilot-instructions.md"
_ALL = frozenset({"*", "**", "**/*"})
_CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1[ \t]*$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_IMPORT = re.compile(r"(?:^|(?<=\s))@([\w./-]*\w)", re.MULTILINE)
_LINE = re.compile(r"([A-Za-z][\w-]*):[ \t]*(.*)")
_ITEM = re.compile(r"\s+-[ \t]+(.+)|-[ \t]+(.+)")
_POINTER = 200
"""Characters of a file that only sends its reader to another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one file asks of whoever works in the repository."""

    path: str
    text: str
    when: When = "always"
    """Always (in its folder), where its globs match, or where its description has to do with the task."""
    globs: tuple[str, ...] = ()
    description: str = ""
    folder: str = ""
    """Where it holds; empty for the whole repository."""


def rule_files(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that are rules files: near the root first, of one folder in the order in which they are told."""
    found = [path for path in paths if _kind(path)]
    return tuple(sorted(found, key=_order)[:MOST_FILES])


def read_rule(path: str, text: str) -> Rule | None:
    """A rules file; None where it is empty, or is only for who asks for it by name."""
    head, body = front_of(text)
    body = _without_comments(body).strip()
    if not body:
        return None
    kind = _kind(path)
    described = _word(head, "description")
    if kind == "mdc":
        return _cursor(path, body, head, described)
    if kind == "instructions":
        return _scoped(path, body, globs_of(head.get("applyTo")))
    if kind == "skill":
        is_hidden = head.get("disable-model-invocation") is True
        return (
            None if is_hidden or not described else Rule(path=path, text=body, when="described", description=described)
        )
    return Rule(path=path, text=body, folder=_folder(path))


def imports(path: str, text: str) -> tuple[str, ...]:
    """The paths that ``@path`` marks of a rules file may mean, within the repository; not those inside code."""
    bare = _CODE.sub("", _without_comments(text))
    found = [_within(path, mark) for mark in _IMPORT.findall(bare)]
    return tuple(dict.fromkeys(each for each in found if each is not None and each != path))


def linked(path: str, target: str) -> str | None:
    """Where a symbolic link leads, within the repository; None where it leads out of it."""
    return _within(path, target)


def distinct(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules without those that repeat an earlier one, or that only send their reader to another file."""
    seen: set[str] = set()
    kept: list[Rule] = []
    for rule in rules:
        essence = " ".join(rule.text.split())
        if essence not in seen and not _is_pointer(rule, rules):
            kept.append(rule)
        seen.add(essence)
    return tuple(kept)


def front_of(text: str) -> tuple[Mapping[str, Any], str]:
    """Front matter and body, even where the front matter is no YAML."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        return split_front_matter(text)
    except ValueError:
        head, body = text.split("\n---\n", 1)
        return _lines(head), body


def globs_of(value: object) -> tuple[str, ...]:
    """Globs as a list, or as a text with commas between them, but not those inside braces."""
    parts = value if isinstance(value, list) else re.split(r",(?![^{]*\})", value) if isinstance(value, str) else []
    words = (part.strip().strip("\"'") for part in parts if isinstance(part, str))
    return tuple(word for word in words if word)


def _kind(path: str) -> str:
    name = posixpath.basename(path)
    if name in _NAMES:
        return "named"
    if path in {".cursorrules", _COPILOT}:
        return "whole"
    if _MDC.fullmatch(path):
        return "mdc"
    if _INSTRUCTIONS.fullmatch(path):
        return "instructions"
    return "skill" if _SKILLS.fullmatch(path) else ""


def _order(path: str) -> tuple[int, int, str]:
    kinds = ("named", "whole", "mdc", "instructions", "skill")
    return _folder(path).count("/") + bool(_folder(path)), kinds.index(_kind(path)), path


def _folder(path: str) -> str:
    """The folder in which a file holds: that of ``.claude/CLAUDE.md`` is the one around ``.claude``."""
    if (found := _MDC.fullmatch(path)) is not None:
        return found[1] or ""
    if _kind(path) != "named":
        return ""
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if posixpath.basename(folder) == ".claude" else folder


def _cursor(path: str, body: str, head: Mapping[str, Any], described: str) -> Rule | None:
    globs, folder = globs_of(head.get("globs")), _folder(path)
    if not head or head.get("alwaysApply") is True or _word(head, "alwaysApply").lower() == "true":
        return Rule(path=path, text=body, folder=folder)
    if globs:
        return _scoped(path, body, tuple(f"{folder}/{glob}" if folder and "/" in glob else glob for glob in globs))
    if described:
        return Rule(path=path, text=body, when="described", description=described, folder=folder)
    return None


def _scoped(path: str, body: str, globs: tuple[str, ...]) -> Rule | None:
    if not globs:
        return None
    return Rule(path=path, text=body, when="always" if _ALL & set(globs) else "paths", globs=globs)


def _without_comments(text: str) -> str:
    """The text without HTML comments; one that does not end is none."""
    kept: list[str] = []
    while (start := text.find("<!--")) >= 0 and (end := text.find("-->", start)) >= 0:
        kept.append(text[:start])
        text = text[end + 3 :]
    return "".join([*kept, text])


def _word(head: Mapping[str, Any], field: str) -> str:
    """A text; nothing else is made one, as a few bytes of YAML can stand for gigabytes."""
    value = head.get(field)
    return value.strip() if isinstance(value, str) else ""


def _within(path: str, target: str) -> str | None:
    if target.startswith(("/", "~")):
        return None
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return None if found.startswith("..") or found == "." else found


def _is_pointer(rule: Rule, rules: Sequence[Rule]) -> bool:
    prose = "\n".join(line for line in rule.text.splitlines() if not line.startswith("#"))
    if len(prose) > _POINTER:
        return False
    others = [other.path for other in rules if other.path != rule.path and len(other.text) > len(prose)]
    names = [re.escape(posixpath.relpath(other, posixpath.dirname(rule.path) or ".")) for other in others]
    return any(re.search(rf"(?<![\w/])(?:\./)?{name}(?!\w)", prose) for name in names)


def _lines(head: str) -> dict[str, Any]:
    """``key: value`` lines and lists below a key, without any of YAML's rules."""
    read: dict[str, Any] = {}
    key = ""
    for line in head.split("\n"):
        if (found := _LINE.fullmatch(line)) is not None:
            key = found[1]
            read[key] = found[2].strip().strip("\"'") or []
        elif key and (item := _ITEM.fullmatch(line)) is not None and isinstance(read[key], list):
            read[key].append((item[1] or item[2]).strip())
    return read
