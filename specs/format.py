"""`agentctl spec fmt`: a spec's text in, the same spec in the format's own spelling out. Pure; writes no file.

Four things are changed and nothing else: items without an id get one, a heading that is nearly a known one becomes it,
examples tables are aligned, and the first lines of checks, interfaces and fixtures are spelled one way. Every change is
held against the parser: one after which the spec would not be read as the same spec is not made.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from . import fences
from .alignment import aligned
from .edits import Edit, Group, apply, lines_of, safe
from .names import ITEM_ID
from .nouns import FLAGS, Diagnostic, Fence, Finding, Item, Spec
from .numbering import numbered
from .parse import parse

_ROUNDS = 4
"""A second round finds nothing unless a change of the first one opened the way to another."""
_HEADING = re.compile(
    r"(?P<before>[ \t>]*(?:#{1,6}[ \t]+)?(?:[\d.]+[ \t]+)?[*_]{0,3})(?P<name>\w[\w /-]*\w:?)[*_: \t#]*"
)
_FENCE = re.compile(r"(?P<before>[^`~]*(?:`{3,}|~{3,}))(?P<info>.*)")


def format_spec(text: str, *, name: str, taken: Collection[str] = ()) -> str:
    """The text as the format spells it. ``name`` is the file's; ``taken`` are ids that must not be given again.

    The result is read as the same items, with the same words, hashes and strengths, and formatting it again changes
    nothing. Any text will do; what is no spec comes back as it was, but for the above.
    """
    for _ in range(_ROUNDS):
        spec = parse(text, name=name)
        wanted = [group for group in dict.fromkeys(_groups(spec, taken=taken)) if group]
        groups = safe(text, wanted, holds=_Keeps(spec, taken=taken))
        if not groups:
            break
        text = apply(text, [edit for group in groups for edit in group])
    return text


def heading(near: Diagnostic | Finding, lines: Sequence[str]) -> Group:
    """The edit that makes a heading the section it is read as (SPF004); numbering and emphasis stay."""
    found = _HEADING.fullmatch(lines[near.line - 1])
    if not found or not near.fix:
        return ()
    return (Edit(line=near.line, col=found.end("before") + 1, old=found["name"], new=near.fix),)


def meaning(spec: Spec) -> tuple[object, ...]:
    """All that formatting must not change but ids and references to them; lines are not in it."""
    return (
        (spec.title, spec.intent, spec.meta),
        tuple(map(_item, spec.items.values())),
        tuple((term.name, term.meaning) for term in spec.terms),
        tuple((stub.path, stub.hash) for stub in spec.interfaces),
        tuple((check.ids, check.kind, check.language, check.hash) for check in spec.checks),
        tuple((table.call, table.hash) for table in spec.tables),
        tuple((fixture.path, fixture.text) for fixture in spec.fixtures),
        tuple(context.text for context in spec.context),
        tuple(fence.body for fence in spec.fences),
        tuple(comment.text for comment in spec.comments),
    )


def _item(item: Item) -> tuple[object, ...]:
    return item.kind, item.text, item.norm_hash, item.strength, item.stated, item.section, item.default


def same_ids(before: Spec, after: Spec, *, taken: Collection[str]) -> bool:
    """Whether items with the same words have the same ids, written or counted, and refer to the same ones.

    What was counted by a ``taken`` id may have another, and so may what was counted above it.
    """
    moved: set[str] = set()
    for item in before.items.values():
        if item.temporary and (item.id in taken or any(item.id[0] == other[0] for other in moved)):
            moved.add(item.id)
    pairs = zip(before.items.values(), after.items.values(), strict=True)
    return all(
        (old.id in moved or old.id == new.id) and set(old.refs) - moved == set(new.refs) - moved for old, new in pairs
    )


class _Keeps:
    """Whether a text is read as a spec was, with the same ids and references."""

    def __init__(self, spec: Spec, *, taken: Collection[str]) -> None:
        self._spec, self._taken = spec, taken
        self._meaning = meaning(spec)

    def __call__(self, text: str) -> bool:
        spec = parse(text, name=self._spec.file)
        return meaning(spec) == self._meaning and same_ids(self._spec, spec, taken=self._taken)


def _groups(spec: Spec, *, taken: Collection[str]) -> Iterator[Group]:
    lines = lines_of(spec.text)
    yield from numbered(spec, lines, taken=taken).values()
    yield from (heading(each, lines) for each in spec.diagnostics if each.code == "SPF004")
    yield from (aligned(table, lines) for table in spec.tables)
    used = {check.line - 1 for check in spec.checks} | {stub.line for stub in spec.interfaces if stub.text}
    used |= {fixture.line for fixture in spec.fixtures}
    yield from (_first_line(fence, lines) for fence in spec.fences if fence.line in used)


def _first_line(fence: Fence, lines: Sequence[str]) -> Group:
    """Language, ids, flags, each once and one space apart; a line with words that mean nothing is left alone."""
    found = _FENCE.fullmatch(lines[fence.line - 1])
    if not found or fences.words(found["info"]) != (fence.language, fence.words):
        return ()
    words = fence.words
    if words[:1] not in {("interface",), ("fixture",)}:
        ids, flags = ([w for w in words if ITEM_ID.match(w)], [w for w in words if w in FLAGS])
        if len(ids) + len(flags) != len(words):
            return ()
        words = tuple(dict.fromkeys([*ids, *flags]))
    new = " ".join((fence.language, *words))
    same = new == found["info"]
    return () if same else (Edit(line=fence.line, col=found.end("before") + 1, old=found["info"], new=new),)
