"""The input files that a spec brings along: laid over a tree, those made by code made in the sandbox first."""

from typing import Protocol

from ..specs.generating import MOST_BYTES, made, program
from ..specs.nouns import Fixture, Spec
from .errors import SpecError
from .ports import Completed, Git, TreeEntry

_MOST_SHOWN = 600


class Runner(Protocol):
    """Where a Python program of the spec is run; the gate's `PytestGate` is one."""

    async def run_program(
        self, tree: str, program: str, *, times: int = 1, output_bytes: int | None = None
    ) -> tuple[Completed, ...]:
        """What a Python program does in a checkout of the tree, so many times in a row."""
        ...


async def with_input_files(spec: Spec, tree: str, *, git: Git, runner: Runner) -> str:
    """The tree with the spec's fixtures; one made by code is made only where it is not there yet.

    Raises SpecError where the code of a fixture fails.
    """
    there = await git.entries(tree)
    files: dict[str, TreeEntry | None] = {}
    for fixture in spec.fixtures:
        if fixture.generator and fixture.path in there:
            continue
        content = fixture.text.encode()
        if fixture.generator:
            content = await _generated(fixture, spec=spec, tree=tree, runner=runner)
        files[fixture.path] = TreeEntry(mode="100644", id=await git.write(content))
    return await git.amend_tree(tree, files) if files else tree


async def _generated(fixture: Fixture, *, spec: Spec, tree: str, runner: Runner) -> bytes:
    text = program(fixture, file=spec.file)
    (done,) = await runner.run_program(tree, text, output_bytes=2 * MOST_BYTES)
    content = made(done.output) if done.exit == 0 else None
    if content is None:
        said = done.output.strip()[-_MOST_SHOWN:] or f"it was stopped ({done.stopped or done.exit})"
        raise SpecError(f"{spec.file}:{fixture.line}: the fixture {fixture.path} could not be made:\n{said}")
    return content
