"""A spec's text to a Spec. Never raises: what is wrong becomes a diagnostic, what is not understood becomes context.

A Draft takes in the blocks of the document one by one; `_finish` then does what needs the whole of it: temporary
ids, references, and the tables, whose functions may be declared further down.
"""

import re
from collections import Counter
from hashlib import sha256

from . import front_matter, items, tables
from .draft import Draft, Sentence
from .markdown import Block, blocks
from .names import slug
from .nouns import Diagnostic, Examples, Item, Level, Meta, Spec

_CELL = re.compile(r"(?<!\\)\|")


def parse(text: str, *, name: str = "spec") -> Spec:
    """Read a spec; any text is one. ``name`` is its file's, used in messages and, without a title, for its id."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    meta, trouble = front_matter.read(text)
    draft = Draft(lines=text.split("\n"), trouble=list(trouble))
    for block in blocks(front_matter.split(text)[1]):
        draft.read(block)
    return _finish(draft, text=text, meta=meta, name=name)


def _finish(draft: Draft, *, text: str, meta: Meta, name: str) -> Spec:
    spec_id = meta.id or _id_from(draft.title) or _id_from(name.rsplit("/", 1)[-1].partition(".")[0]) or "spec"
    level = _level(draft, meta=meta)
    _adopt(draft)
    found = _items(draft, spec_id=spec_id)
    examples = _tables(draft, found)
    return Spec(
        id=spec_id,
        file=name,
        title=draft.title,
        intent="\n\n".join(draft.intent),
        text=text,
        digest=sha256(text.encode("utf-8", "replace")).hexdigest(),
        meta=meta,
        level=level,
        items=found,
        terms=tuple(draft.terms),
        interfaces=tuple(draft.interfaces),
        checks=tuple(draft.checks),
        tables=examples,
        fixtures=tuple(draft.fixtures),
        context=tuple(draft.context),
        fences=tuple(draft.fences),
        comments=tuple(draft.comments),
        diagnostics=tuple(draft.trouble),
    )


def _id_from(title: str) -> str:
    """``ratelog: find clients ...`` is ratelog; a longer title gives its first words."""
    head = title.partition(":")[0]
    return "-".join(slug(head).split("-")[:4])


def _level(draft: Draft, *, meta: Meta) -> Level:
    if not any(sentence.label for sentence in draft.sentences):
        return "L1" if draft.sentences or draft.candidates else "L0"
    stubs = any(interface.text for interface in draft.interfaces)
    return "L3" if stubs and meta != Meta() else "L2"


def _adopt(draft: Draft) -> None:
    """Bullets before the first section are requirements if there are no others; so is, at last, the intent itself."""
    if not any(sentence.letter == "R" for sentence in draft.sentences):
        draft.sentences.extend(draft.candidates)
    else:
        draft.intent.extend(" ".join(candidate.pieces) for candidate in draft.candidates)
    words = " ".join(draft.intent) or draft.title
    if not draft.sentences and words:
        line = next((number for number, line in enumerate(draft.lines, 1) if words[:20] in line), 1)
        draft.sentences.append(
            Sentence(label="", letter="R", pieces=[words], line=line, end_line=line, section="intent", level=0)
        )


def _items(draft: Draft, *, spec_id: str) -> dict[str, Item]:
    """Items by id, in the order of the document; the first of two with one id wins."""
    sentences = sorted(draft.sentences, key=lambda sentence: sentence.line)
    highest = Counter[str]()
    for sentence in sentences:
        if sentence.label:
            highest[sentence.letter] = max(highest[sentence.letter], _number(sentence.label))
    letters = {sentence.letter for sentence in sentences if sentence.label}
    found: dict[str, Item] = {}
    for sentence in sentences:
        if not sentence.label:
            highest[sentence.letter] += 1
        item_id = sentence.label or f"{sentence.letter}{highest[sentence.letter]}"
        text = " ".join(piece for piece in sentence.pieces if piece)
        item = items.make(
            item_id,
            text,
            section=sentence.section,
            lines=(sentence.line, sentence.end_line),
            temporary=not sentence.label,
            refs=items.references(text, spec_id=spec_id, letters=letters),
        )
        if item_id in found:
            message = f"{item_id} is already used on line {found[item_id].line}; ids are never used twice"
            draft.trouble.append(Diagnostic(code="SPI001", message=message, line=item.line, target=item_id))
        else:
            found[item_id] = item
    return found


def _number(label: str) -> int:
    """The number of an id, small enough to count on from."""
    return int(label[1:][:9])


def _tables(draft: Draft, found: dict[str, Item]) -> tuple[Examples, ...]:
    names = tables.known_names(draft.interfaces, [check.body for check in draft.checks if check.kind == "python"])
    every = tuple(item.id for item in found.values() if item.kind == "requirement")
    numbers = Counter[str]()
    read: list[Examples] = []
    for table in draft.tables:
        ids = table.title.ids or every
        lead = ids[0] if ids else "R0"
        numbers[lead] += 1
        result = tables.read(
            _true_rows(table.block, draft.lines),
            line=table.block.line,
            title=table.title,
            names=names,
            table_id=f"{lead}.t{numbers[lead]}",
            ids=ids,
        )
        if isinstance(result, Diagnostic):
            draft.trouble.append(result)
        else:
            read.append(result)
    return tuple(read)


def _true_rows(block: Block, lines: list[str]) -> tuple[tuple[str, ...], ...]:
    """The rows with the cells that markdown cuts off where a row has more than the header."""
    rows = [block.rows[0]]
    for number, row in enumerate(block.rows[1:], block.line + 2):
        written = _CELL.split(lines[number - 1].strip().strip("|")) if number <= len(lines) else row
        rows.append(row + ("",) * max(0, len(written) - len(row)))
    return tuple(rows)


def without_holdouts(spec: Spec) -> str:
    """The spec's text as workers may see it: each holdout's code is gone, every line keeps its number."""
    lines = spec.text.split("\n")
    for fence in spec.fences:
        if "holdout" in fence.words:
            last = fence.end_line - 1 if fence.end_line > fence.line + 1 else fence.end_line
            lines[fence.line : last] = [""] * (last - fence.line)
    return "\n".join(lines)
