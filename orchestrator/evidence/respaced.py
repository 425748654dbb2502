"""A program in JavaScript, TypeScript, Go or Rust with more between its tokens, which changes nothing it does. Pure.

Only between two tokens of one line, where each of these languages takes a comment for a space; so no line moves, and no
semicolon that is left to the end of a line comes to stand elsewhere. What is one token to a reader stays as it is:
strings, templates, regular expressions, comments, and what macros are given, which can see how it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...specs.grammars import MAX_BYTES, parse

if TYPE_CHECKING:
    from tree_sitter import Node

_MORE = (b" /**/ ", b" ")
"""What is put in: the second where the first is not read as it should be."""
_WHOLE = frozenset(
    (
        *("string", "template_string", "template_literal_type", "regex", "hash_bang_line", "comment", "html_comment"),
        *("jsx_element", "jsx_self_closing_element", "jsx_fragment", "jsx_text"),
        *("interpreted_string_literal", "raw_string_literal", "rune_literal"),
        *("string_literal", "char_literal", "byte_literal", "lifetime", "label", "line_comment", "block_comment"),
        *("token_tree", "macro_definition", "attribute_item", "inner_attribute_item", "shebang"),
    )
)
"""Nodes that are left as they are, with all in them."""
_SOUGHT = frozenset({"member_expression", "call_expression", "new_expression"})
_LONGEST = 200
"""Bytes of an expression that they look for."""
_REPLACED = (b"import.meta", b"process.env")
"""What bundlers look for in the text, not in its tokens."""


def respaced(language: str, source: bytes) -> bytes | None:
    """The file written otherwise; None where that is not safe, or there is nothing to write otherwise."""
    if len(source) > MAX_BYTES:
        return None
    root = parse(language, source)
    if root.has_error:
        return None
    spelled = _spelled(root, source)
    for more in _MORE:
        other = _spread(root, source, more=more)
        again = parse(language, other)
        if other != source and not again.has_error and _spelled(again, other) == spelled:
            return other
    return None


def _spread(root: Node, source: bytes, *, more: bytes) -> bytes:
    found = bytearray()
    end = 0
    for start, stop, apart in _tokens(root, source):
        found += source[end:start] + (more if apart else b"") + source[start:stop]
        end = stop
    return bytes(found + source[end:])


def _tokens(root: Node, source: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where each token begins and ends, and whether it stands behind another on its line."""
    end = -1
    for node in _leaves(root):
        between = source[end : node.start_byte] if end >= 0 else b"\n"
        yield node.start_byte, node.end_byte, not between.strip(b" \t")
        end = -1 if source[node.end_byte - 1 : node.end_byte] == b"\n" else node.end_byte


def _spelled(root: Node, source: bytes) -> list[tuple[str, bytes]]:
    """The tokens without comments, each with what it stands in."""
    return [
        (node.parent.type if node.parent is not None else "", source[node.start_byte : node.end_byte])
        for node in _leaves(root)
        if not node.type.endswith("comment")
    ]


def _leaves(root: Node) -> Iterator[Node]:
    """The tokens in their order; those without a text, as a semicolon that nobody wrote, are none."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.child_count and not _is_whole(node):
            waiting.extend(reversed(node.children))
        elif (node.text or b"").strip():
            yield node


def _is_whole(node: Node) -> bool:
    if node.type not in _SOUGHT:
        return node.type in _WHOLE
    if node.end_byte - node.start_byte > _LONGEST:
        return False
    text = node.text or b""
    return b"{" not in text and any(each in text for each in _REPLACED)
