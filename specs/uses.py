"""What an item leans on: terms, declared names, and other items, and what those lean on in turn. Pure.

A `Web` has a node for every item, term and declared name of a spec, with a hash of what the node itself says; `reach`
follows the mentions from one node. Mentions are found generously: a term taken for used costs some work, one that is
overlooked would let old evidence stand.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .declared import Declared, declared
from .fences import digest
from .items import code_spans, norm_hash, without_code
from .nouns import Item, Spec, Term

Node = tuple[str, str]
"""``("item", "R3")``, ``("term", "window")``, ``("name", "src/ratelog/core.py:bursts")``, ``("image", "a.png")``."""

_KEYWORD = re.compile(r"\b(?:MUST|SHALL|REQUIRED|SHOULD|RECOMMENDED|MAY|OPTIONAL)\b")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_MEMBER = re.compile(r"\.([^\W\d]\w*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Nodes by what they say, and by what they mention."""

    says: Mapping[Node, str]
    mentions: Mapping[Node, frozenset[Node]]

    def reach(self, start: Node) -> frozenset[Node]:
        """Every node that ``start`` leans on, directly or not; itself left out. A missing item is there by name."""
        seen: set[Node] = set()
        waiting = list(self.mentions.get(start, ()))
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(self.mentions.get(node, ()))
        return frozenset(seen - {start})


def meaning(text: str) -> str:
    """The words of an item with its keyword of strength, the first one in capitals outside code, made neutral."""
    found = _KEYWORD.search(without_code(text))
    words = text if found is None else f"{text[: found.start()]}MUST{text[found.end() :]}"
    return " ".join(words.split())


def beside(item: Item) -> str:
    """A hash of what an item says beside its text; empty where the text is all.

    That is the tables and fences inside it, and of a document without items, whose text is only a gist, the whole.
    """
    if item.norm_hash != norm_hash(item.text, *item.blocks):
        return item.norm_hash
    return digest(*item.blocks) if item.blocks else ""


def web(spec: Spec) -> Web:
    """The web of a spec; of two terms or names that are the same, both count."""
    names = declared(spec.interfaces)
    terms = {term.name: _term_pattern(term.name) for term in spec.terms}
    said: dict[Node, set[str]] = {}
    mentions: dict[Node, set[Node]] = {}
    for item in spec.items.values():
        node = ("item", item.id)
        said[node] = {meaning(item.text), beside(item)}
        mentions[node] = {("item", ref) for ref in item.refs}
        mentions[node].update(_of_text(item.text, blocks=item.blocks, terms=terms, names=names))
    for image in spec.images:
        mentions.get(("item", image.item), set()).add(("image", image.path))
    for term in spec.terms:
        node = ("term", term.name)
        said.setdefault(node, set()).add(words_of(term))
        mentions.setdefault(node, set()).update(_of_text(term.meaning, terms=terms, names=names))
    for name in names:
        node = ("name", name.id)
        said.setdefault(node, set()).add(name.hash)
        mentions.setdefault(node, set()).update(("name", each.id) for each in names if each.name in name.mentions)
    return Web(
        says={node: digest(*sorted(texts)) for node, texts in said.items()},
        mentions={node: frozenset(others) for node, others in mentions.items()},
    )


def words_of(term: Term) -> str:
    """What a term means, on one line."""
    return " ".join(term.meaning.split())


def _of_text(
    text: str, *, terms: Mapping[str, re.Pattern[str]], names: Sequence[Declared], blocks: tuple[str, ...] = ()
) -> Iterator[Node]:
    """What a text names; in blocks, which are tables and code, every word may be a name."""
    prose, code = "\n".join((without_code(text), *blocks)), (*code_spans(text), *blocks)
    spans = {*code} - {each.name for each in names}
    for name, pattern in terms.items():
        if pattern.search(prose) or name.strip("` ") in spans:
            yield "term", name
    whole = {word for span in code for word in _IDENTIFIER.findall(span)}
    members = {word for span in code for word in _MEMBER.findall(span)}
    for each in names:
        if not each.imported and (each.name in whole or members & each.members or (each.path in code)):
            yield "name", each.id


def _term_pattern(name: str) -> re.Pattern[str]:
    """A term in any case, singular or plural, with hyphens or spaces between its words."""
    words = [re.escape(word) for word in re.split(r"[\s-]+", name.strip("` ")) if word]
    if not words:
        return re.compile(r"(?!)")
    if words[-1].endswith("y"):
        words[-1] = rf"(?:{words[-1]}|{words[-1][:-1]}ies)"
    joined = r"[\s-]+".join(words)
    return re.compile(rf"(?<!\w){joined}(?:e?s)?(?!\w)", re.IGNORECASE)
