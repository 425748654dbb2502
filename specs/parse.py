"""A spec's text to a Spec. Never raises: what is wrong becomes a diagnostic, what is not understood becomes context.

A Draft takes in the blocks of the document one by one; `_finish` then does what needs the whole of it: temporary
ids, references, and the tables, whose functions may be declared further down.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256

from . import ears, front_matter, items, tables
from .draft import Draft
from .drafted import Sentence, Table, true_rows
from .markdown import blocks
from .names import slug
from .nouns import Context, Diagnostic, Examples, Image, Item, Level, Meta, Spec


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
    if foreign := front_matter.kept(text):
        draft.context.append(Context(heading="", text=foreign, line=2))
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
        headings=tuple(draft.headings),
        images=_images(draft, found),
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
    """Bullets before the first section are requirements if there are no others; so is, at last, the whole text."""
    if not any(sentence.letter == "R" for sentence in draft.sentences):
        draft.sentences.extend(draft.candidates)
    else:
        draft.intent.extend("\n".join((" ".join(each.pieces), *each.blocks)) for each in draft.candidates)
    words = "" if draft.sentences else _gist(draft)
    if words:
        line = next((number for number, said in draft.said if words.startswith(said[:20])), 1)
        whole = ("\0".join(said for _, said in draft.said), *draft.code) if draft.context else ()
        draft.sentences.append(
            Sentence(
                label="", letter="R", pieces=[words], line=line, end_line=line, section="intent", level=0, whole=whole
            )
        )


def _gist(draft: Draft) -> str:
    """What a text without a single item is about: its intent, else its first words under its first heading."""
    if draft.intent:
        return " ".join(draft.intent)
    heads = [draft.title or (draft.headings[0].text if draft.headings else "")]
    return ": ".join(text for text in (*heads, *(kept.text for kept in draft.context[:1])) if text)


def _items(draft: Draft, *, spec_id: str) -> dict[str, Item]:
    """Items by id, in the order of the document; the first of two with one id wins."""
    sentences = sorted(draft.sentences, key=lambda sentence: sentence.line)
    _count(sentences)
    declared = {sentence.label for sentence in sentences}
    found: dict[str, Item] = {}
    for sentence in sentences:
        item = _item(sentence, spec_id=spec_id, declared=declared)
        if item.id not in found:
            found[item.id] = item
            continue
        message = f"{item.id} is already used on line {found[item.id].line}; ids are never used twice"
        draft.trouble.append(Diagnostic(code="SPI001", message=message, line=item.line, target=item.id))
        draft.context.append(Context(heading=item.id, text="\n".join((item.text, *item.blocks)), line=item.line))
    return found


def _count(sentences: Iterable[Sentence]) -> None:
    """Give an id to each sentence that has none, above all written ones of its letter."""
    highest = Counter[str]()
    for sentence in sentences:
        if sentence.label:
            highest[sentence.letter] = max(highest[sentence.letter], _number(sentence.label))
    for sentence in sentences:
        if not sentence.label:
            highest[sentence.letter] += 1
            sentence.label = f"{sentence.letter}{highest[sentence.letter]}"
            sentence.counted = True


def _item(sentence: Sentence, *, spec_id: str, declared: Collection[str]) -> Item:
    text = " ".join(piece for piece in sentence.pieces if piece)
    return items.make(
        sentence.label,
        text,
        section=sentence.section,
        lines=(sentence.line, sentence.end_line),
        temporary=sentence.counted,
        refs=items.references(text, spec_id=spec_id, declared=declared),
        blocks=tuple(sentence.blocks),
        norm_hash=items.norm_hash(*(sentence.whole or (text, *sentence.blocks))),
        ears=ears.read(text),
    )


def _images(draft: Draft, found: Mapping[str, Item]) -> tuple[Image, ...]:
    """Pictures with the ids of the items they stand in."""
    shown = ((each.block, each.within.label if each.within else "") for each in draft.images)
    return tuple(
        Image(path=block.info, alt=block.text, line=block.line, item=label if label in found else "")
        for block, label in shown
    )


def _number(label: str) -> int:
    """The number of an id, small enough to count on from."""
    return int(label[1:][:9])


def _tables(draft: Draft, found: dict[str, Item]) -> tuple[Examples, ...]:
    names = tables.known_names(draft.interfaces, [check.body for check in draft.checks if check.kind == "python"])
    every = tuple(item.id for item in found.values() if item.kind == "requirement")
    numbers = Counter[str]()
    read: list[Examples] = []
    for table in draft.tables:
        if not tables.is_examples(table.block.rows[0]) and found.keys().isdisjoint(table.title.ids or every):
            draft.context.append(_as_it_stands(table, draft.lines))  # as in "Examples of A4 paper"
            continue
        ids = table.title.ids or every
        lead = ids[0] if ids else "R0"
        numbers[lead] += 1
        result = tables.read(
            true_rows(table.block, draft.lines),
            line=table.block.line,
            title=table.title,
            names=names,
            table_id=f"{lead}.t{numbers[lead]}",
            ids=ids,
        )
        if isinstance(result, Diagnostic):
            draft.trouble.append(result)
            draft.context.append(_as_it_stands(table, draft.lines))
        else:
            read.append(result)
    return tuple(read)


def _as_it_stands(table: Table, lines: list[str]) -> Context:
    text = "\n".join(lines[table.block.line - 1 : table.block.end_line])
    return Context(heading=table.heading, text=text, line=table.block.line)


def without_holdouts(spec: Spec) -> str:
    """The spec's text as workers may see it: each holdout's code is gone, every line keeps its number."""
    lines = spec.text.split("\n")
    for fence in spec.fences:
        if "holdout" in fence.words:
            last = fence.end_line - 1 if fence.end_line > fence.line + 1 else fence.end_line
            lines[fence.line : last] = [""] * (last - fence.line)
    return "\n".join(lines)
