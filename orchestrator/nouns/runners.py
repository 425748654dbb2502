"""The runners of JavaScript and TypeScript that a tree has, as whoever writes tests for them has to know them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

ScriptRunnerName = Literal["node", "vitest", "jest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRunner:
    """A runner, and the folder whose tests it runs; empty for the root."""

    name: ScriptRunnerName = "node"
    folder: str = ""
    loads: bool = False
    """Something finds modules for it that node by itself does not: TypeScript, and names without their ending."""

    @property
    def strict(self) -> bool:
        """Whether an import has to name its file in full."""
        return self.name == "node" and not self.loads


def runner_of(path: str, runners: Iterable[ScriptRunner]) -> ScriptRunner:
    """The one that runs a test: of the deepest folder it is in, and node's own where no other does."""
    around = [each for each in runners if not each.folder or path.startswith(each.folder + "/")]
    return max(around, key=lambda each: (len(each.folder), each.name != "node"), default=ScriptRunner())
