"""What a repository itself asks of those who work in it: its rules files, read from a tree, never from a checkout."""

from __future__ import annotations

import posixpath
import re
from collections import OrderedDict
from typing import TYPE_CHECKING

from ..guides.choose import ENOUGH, Subject
from ..guides.foreign import Rule, distinct, imports, linked, read_rule, rule_files
from ..guides.globs import example, matches
from ..guides.words import stems_of
from .fences import fence, without_holdouts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..orchestrator.ports import Git, TreeEntry

LARGEST = 64_000
"""Bytes of a rules file that are read; nobody follows more."""
_MOST_SKILLS = 2
_KEPT = 16
_LINK = "120000"
_REGULAR = frozenset({"100644", "100755"})
_WILD = re.compile(r"[*?{]")
_SHORTEST = 300
"""Characters below which a piece of a file is not worth showing; its name is told instead."""


class OwnRules:
    """The rules of trees. Equal trees give equal rules; the last ones are kept."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._known: OrderedDict[str, tuple[Rule, ...]] = OrderedDict()

    async def of(self, tree: str) -> tuple[Rule, ...]:
        """The rules of a tree, each once: near the root first, and what a file imports behind it."""
        if tree not in self._known:
            self._known[tree] = await self._read(tree)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return self._known[tree]

    async def _read(self, tree: str) -> tuple[Rule, ...]:
        entries = await self._git.entries(tree)
        texts = await self._texts(entries, rule_files(entries))
        wanted = {path: imports(path, text) for path, text in texts.items() if _may_import(path)}
        imported = [path for paths in wanted.values() for path in paths if path not in texts]
        texts |= await self._texts(entries, imported)
        rules: list[Rule] = []
        for path in texts:
            rule = read_rule(path, texts[path]) if path not in imported else None
            if rule is not None:
                parts = (
                    read_rule(each, texts[each]) for each in wanted.get(path, ()) if each in imported and each in texts
                )
                rules += [rule, *(_as_part(part, rule) for part in parts if part is not None)]
        return distinct(rules)

    async def _texts(self, entries: Mapping[str, TreeEntry], paths: Iterable[str]) -> dict[str, str]:
        """The files' texts by path; of a link that of its target, if that is a file of the tree."""
        present = [path for path in dict.fromkeys(paths) if path in entries]
        links = {path: entries[path].id for path in present if entries[path].mode == _LINK}
        targets = await self._git.read_many(sorted(set(links.values())))
        blobs: dict[str, str] = {}
        for path in present:
            target = linked(path, targets[links[path]].decode("utf-8", "replace")) if path in links else path
            entry = entries.get(target) if target is not None else None
            if entry is not None and entry.mode in _REGULAR:
                blobs[path] = entry.id
        contents = await self._git.read_many(sorted(set(blobs.values())))
        return {path: contents[blob][:LARGEST].decode("utf-8", "replace") for path, blob in blobs.items()}


def shared(rules: Sequence[Rule]) -> list[Rule]:
    """The rules that hold for the whole repository."""
    return [rule for rule in rules if rule.when == "always" and not rule.folder]


def near(rules: Sequence[Rule], subject: Subject) -> list[Rule]:
    """The rules for a task beside those: of its folders, the nearest first, of its paths, and of its subject."""
    folders = [rule for rule in rules if rule.when == "always" and rule.folder and _touches(rule.folder, subject.paths)]
    folders.sort(key=lambda rule: -rule.folder.count("/"))
    scoped = [rule for rule in rules if rule.when == "paths" and _any(rule.globs, subject.paths)]
    described = [rule for rule in rules if rule.when == "described" and _about(rule, subject) >= ENOUGH]
    described = [rule for rule in described if not rule.folder or _touches(rule.folder, subject.paths)]
    described.sort(key=lambda rule: (-_about(rule, subject), rule.path))
    return [*folders, *scoped, *described[:_MOST_SKILLS]]


def touched(entries: Iterable[str], owns: Sequence[str]) -> tuple[str, ...]:
    """The paths a task may write, as far as they are known: files that are there, and one for each owned glob."""
    owned = [(glob.rstrip("/"), _WILD.split(glob, maxsplit=1)[0].rstrip("/")) for glob in owns]
    found = [
        path
        for path in entries
        for glob, beginning in owned
        if path.startswith(beginning) and _any((f"/{glob}", f"/{glob}/**"), [path])
    ]
    return tuple(sorted({*found, *(example(glob) for glob in owns)}))


def told(rules: Sequence[Rule], *, limit: int) -> str:
    """The rules in fences, in at most about ``limit`` characters: short ones whole, long ones cut alike."""
    if not rules or limit <= 0:
        return ""
    texts = [without_holdouts(rule.text) for rule in rules]
    shares = _shares([len(text) for text in texts], limit)
    pieces, left = [], []
    for rule, text, share in zip(rules, texts, shares, strict=True):
        if share < min(len(text), _SHORTEST):
            left.append(rule.path)
        else:
            pieces.append(fence(_cut(text, share, rule.path), f"rules of the repository: {rule.path}"))
    if left:
        pieces.append(f"There was no room for {', '.join(left)}: read what concerns your paths.\n")
    return "".join(pieces)


def _shares(sizes: Sequence[int], limit: int) -> list[int]:
    """How many characters each gets: whoever needs less than an equal share leaves the rest to the others."""
    shares = [0] * len(sizes)
    waiting = sorted(range(len(sizes)), key=lambda index: (sizes[index], index))
    while waiting:
        index = waiting.pop(0)
        shares[index] = min(sizes[index], limit // (len(waiting) + 1))
        limit -= shares[index]
    return shares


def _cut(text: str, limit: int, path: str) -> str:
    if len(text) <= limit:
        return text
    head = text[:limit].rsplit("\n", 1)[0]
    return f"{head}\n[... {len(text) - len(head)} more characters: read {path} for them]"


def _touches(folder: str, paths: Iterable[str]) -> bool:
    return any(path.startswith(f"{folder}/") for path in paths)


def _any(globs: Sequence[str], paths: Iterable[str]) -> bool:
    return any(matches(glob, path) for path in paths for glob in globs)


def _about(rule: Rule, subject: Subject) -> float:
    name = posixpath.basename(posixpath.dirname(rule.path)) if rule.path.endswith("SKILL.md") else ""
    return round(sum(sorted(subject.words.get(stem, 0.0) for stem in stems_of(f"{name} {rule.description}"))), 3)


def _may_import(path: str) -> bool:
    return posixpath.basename(path) in {"CLAUDE.md", "GEMINI.md", "AGENTS.md"}


def _as_part(part: Rule, of: Rule) -> Rule:
    return Rule(path=part.path, text=part.text, folder=of.folder)
