"""Group T, checks in JavaScript and TypeScript: what in their code can say no, what is not the same tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..nouns import Diagnostic
from ..scripts import arguments, bound, chain, declared, imported, text_of, walk
from .reading import Reading
from .rule import Rule
from .surroundings import Surroundings

if TYPE_CHECKING:
    from tree_sitter import Node

_VERIFYING = re.compile(r"assert|throws|rejects|fail|check|expect|verify|should", re.IGNORECASE)
_TRUE = frozenset({"true", "number", "string"})
"""Literals that are true, or nearly always."""
_EXPECTING = 2
"""Words of a call that compares what ``expect`` was given."""
_NETWORK = frozenset({"axios", "node-fetch", "undici", "got", "superagent", "ws", "nodemailer"})
_NETWORK_CALLS = frozenset({"fetch", "http.get", "https.get", "http.request", "https.request", "net.connect"})
_CLOCKS = frozenset({"Date.now", "performance.now", "process.hrtime", "setTimeout", "setInterval"})
_CHANCE = frozenset({"Math.random", "randomUUID", "randomBytes", "randomInt"})
_FIXED = re.compile(r"useFakeTimers|setSystemTime|mock\.timers")
"""What stops the clock of a test."""


def bites(node: Node) -> bool:
    """Whether a node of the syntax tree can make a check fail."""
    if node.type == "throw_statement":
        return True
    if node.type != "call_expression":
        return False
    words = chain(node)
    if words[:1] == ("console",):
        return False
    if words[:1] == ("expect",):
        return len(words) >= _EXPECTING
    if words in {("assert",), ("assert", "ok")}:
        given = arguments(node)
        return not given or given[0].type not in _TRUE
    return words == ("process", "exit") or any(map(_VERIFYING.search, words))


def unsteady_calls(root: Node) -> Iterator[tuple[str, int]]:
    """What a check asks that is not the same each time, with the line within it."""
    fixed = _FIXED.search(text_of(root)) is not None
    for node in walk(root):
        what = _asked(node)
        if what and not (what == "the clock" and fixed):
            yield what, node.start_point.row + 1


def _asked(node: Node) -> str:
    if node.type == "import_statement":
        return "the network" if any(each.source in _NETWORK for each in imported(node)) else ""
    if node.type == "new_expression":
        timely = text_of(node.child_by_field_name("constructor")) == "Date" and not arguments(node)
        return "the clock" if timely else ""
    if node.type != "call_expression":
        return ""
    words = chain(node)
    called = ".".join(words)
    if called in _NETWORK_CALLS:
        return "the network"
    if called in _CLOCKS:
        return "the clock"
    return "chance" if called in _CHANCE or (words[:1] == ("crypto",) and words[-1] in _CHANCE) else ""


def without_expect(reading: Reading) -> Iterator[Diagnostic]:
    """Checks that use vitest's ``expect`` where nothing asks for vitest, and do not import another."""
    if reading.around.packages is None or "vitest" in reading.around.packages:
        return
    for check, root in reading.scripts:
        own = {each.name for each in declared(root.children)} | bound(root)
        own.update(each.name for node in root.children if node.type == "import_statement" for each in imported(node))
        used = (node for node in walk(root) if node.type == "call_expression" and chain(node)[:1] == ("expect",))
        first = next(used, None)
        if first is not None and "expect" not in own:
            message = (
                f"{check.id} calls `expect`, which only vitest gives, and no package.json here asks for vitest: use"
                " `assert`, or import what it is"
            )
            line = check.line + first.start_point.row
            yield Diagnostic(code="SPT221", message=message, line=line, target=check.id)


_R1 = "# a\n\n- **R1** It MUST add.\n"
_ADD = '\n```js R1\nimport { add } from "./add.js";\n'
RULES = (
    Rule(
        code="SPT221",
        name="no-expect",
        severity="warning",
        why="A check that calls what its runner does not give is red whatever is built.",
        source="node:test has no expect; jest runs no checks",
        bad=_R1 + _ADD + "expect(add(1, 2)).toBe(3);\n```\n",
        good=_R1 + _ADD + "assert.equal(add(1, 2), 3);\n```\n",
        around=Surroundings(packages=frozenset({"jest"})),
        find=without_expect,
    ),
)
