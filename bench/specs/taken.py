"""Which words of a document came into no part of the Spec. Pure."""

import re
from collections import Counter
from collections.abc import Iterator

from ...specs.nouns import Item, Spec

_WORD = re.compile(r"[^\W_]{2,}")


def lost(spec: Spec) -> tuple[str, ...]:
    """Words that the file's text has more often than all of its parts together, in their order; there may be none."""
    kept = _words(" ".join(_said(spec)))
    return tuple(word for word, times in _words(_body(spec)).items() if times > kept[word])


def _words(text: str) -> Counter[str]:
    return Counter(word.casefold() for word in _WORD.findall(text.replace("*", "")))


def _said(spec: Spec) -> Iterator[str]:
    """Every text that a Spec has but the file's."""
    yield from (spec.title, spec.intent)
    for item in spec.items.values():
        yield from _of_item(item)
    yield from (f"{term.name} {term.meaning}" for term in spec.terms)
    yield from (f"{fence.language} {' '.join(fence.words)} {fence.body}" for fence in spec.fences)
    yield from (part.text for part in spec.context)
    yield from (part.heading for part in spec.context if part.heading in spec.items)
    yield from (comment.text for comment in spec.comments)
    yield from (heading.text for heading in spec.headings)
    yield from (f"{image.path} {image.alt}" for image in spec.images)
    for table in spec.tables:
        yield " ".join(table.arguments)
        yield from (f"{' '.join(row.inputs)} {'raises' * row.raises} {row.expected}" for row in table.rows)


def _of_item(item: Item) -> Iterator[str]:
    yield from (item.id, item.text, *item.blocks)


def _body(spec: Spec) -> str:
    """The text without its front matter and what only markdown reads: targets of links, numbers of lists, entities."""
    text = re.sub(r"\A\ufeff?---\n.*?\n---\n", "", spec.text, flags=re.DOTALL)
    text = re.sub(r"\](?:\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)|\[[^\]\n]*\])", "]", text)
    text = re.sub(r"(?m)^[ \t>]*\d+[.)](?=\s)", " ", text)
    return re.sub(r"&#?\w+;|<[^>\n]*>", " ", text)
