"""What the doctor says of the gate's settings: whether the commit has what they name."""

from collections.abc import Collection, Iterator
from pathlib import Path

from ..orchestrator.errors import AgentctlError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.nouns.runs import RunSettings
from ..tui.clean import clean
from .checkup import Check
from .judging import unlayable
from .settings import Flags, load


async def gate_here(root: Path) -> tuple[Check, ...]:
    """Where HEAD does not have what the settings of the gate name; nothing where it does, or there is no commit."""
    try:
        settings, git = load(root, Flags()).run, open_repository(root)
        commit = await git.resolve("HEAD")
        if commit is None:
            return ()
        tree = await git.tree_of(commit)
        missing = tuple(_without_tests(settings, await git.entries(tree)))
        refused = await unlayable(git, tree, settings)
    except AgentctlError:  # other checks say why
        return ()
    if refused:
        return (Check(name="gate", state="fails", found="no run starts on HEAD", todo=(refused, *missing)),)
    return (Check(name="gate", state="note", found="tests are named that HEAD lacks", todo=missing),) if missing else ()


def _without_tests(settings: RunSettings, paths: Collection[str]) -> Iterator[str]:
    for part in settings.gates:
        for test in part.tests:
            place = test.rstrip("/")
            if place not in paths and not any(path.startswith(f"{place}/") for path in paths):
                named = f"the part {clean(part.name)} under [[gate]] names the tests {clean(test)}"
                yield f"{named}, and HEAD has no such file or folder"
