"""Which runners of JavaScript and TypeScript a tree has, as whoever writes tests for it has to know them. Pure."""

from collections.abc import Mapping, Sequence

from ..nouns.runners import ScriptRunner, ScriptRunnerName
from ..nouns.runs import NamedSuite
from .suites import suites, with_locked

_NAMES: Mapping[str, ScriptRunnerName] = {"node": "node", "vitest": "vitest", "jest": "jest"}
_ANY = ("agentctl.test.ts",)
"""A test of which only is asked who would run it where no folder of a runner holds it."""


def script_runners(files: Mapping[str, bytes], *, named: Sequence[NamedSuite]) -> tuple[ScriptRunner, ...]:
    """By folder; one of the root is always among them, because node runs what nothing else does."""
    found = with_locked(suites(files, named=named), _ANY, files)
    return tuple(
        ScriptRunner(name=_NAMES[each.runner], folder=each.folder, loads=bool(each.flags))
        for each in found
        if each.runner in _NAMES
    )
