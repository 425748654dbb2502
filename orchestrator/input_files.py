"""The input files that a spec brings along: laid over a tree, those made by code made in the sandbox first."""

import asyncio
import re
from dataclasses import dataclass
from typing import Protocol

from ..specs.generating import MOST_BYTES, made, program
from ..specs.nouns import Fixture, Spec
from ..specs.python_code import CodeError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmade:
    """A fixture whose code did not make it."""

    fixture: Fixture
    said: str
    """What went wrong, as its code or its limit told it."""
    line: int
    """Of the spec, where it did."""

    @property
    def reason(self) -> str:
        """All of it in one line."""
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        return f"the fixture {self.fixture.path} could not be made: {lines[-1] if lines else 'it said nothing'}"


async def with_input_files(spec: Spec, tree: str, *, git: Git, runner: Runner) -> str:
    """The tree with the spec's fixtures; one made by code is made only where it is not there yet.

    Raises SpecError where the code of a fixture fails.
    """
    laid, unmade = await with_what_can_be_made(spec, tree, git=git, runner=runner)
    for each in unmade:
        fixture = each.fixture
        raise SpecError(f"{spec.file}:{fixture.line}: the fixture {fixture.path} could not be made:\n{each.said}")
    return laid


async def with_what_can_be_made(
    spec: Spec, tree: str, *, git: Git, runner: Runner, seconds: float | None = None
) -> tuple[str, tuple[Unmade, ...]]:
    """The tree with all fixtures but those that could not be made, and these.

    ``seconds`` is how long the code of one may run, if not as long as the runner lets it.
    """
    there = await git.entries(tree)
    files: dict[str, TreeEntry | None] = {}
    unmade: list[Unmade] = []
    for fixture in spec.fixtures:
        if fixture.generator and fixture.path in there:
            continue
        content: bytes | Unmade = fixture.text.encode()
        if fixture.generator:
            content = await _generated(fixture, spec=spec, tree=tree, runner=runner, seconds=seconds)
        if isinstance(content, Unmade):
            unmade.append(content)
        else:
            files[fixture.path] = TreeEntry(mode="100644", id=await git.write(content))
    return (await git.amend_tree(tree, files) if files else tree), tuple(unmade)


async def _generated(
    fixture: Fixture, *, spec: Spec, tree: str, runner: Runner, seconds: float | None
) -> bytes | Unmade:
    try:
        text = program(fixture, file=spec.file)
    except CodeError as error:
        return Unmade(fixture=fixture, said=f"it is not Python: {error}", line=fixture.line + error.line)
    try:
        async with asyncio.timeout(seconds):
            (done,) = await runner.run_program(tree, text, output_bytes=2 * MOST_BYTES)
    except TimeoutError:
        return Unmade(fixture=fixture, said=f"it did not end within {seconds:g} s", line=fixture.line)
    content = made(done.output) if done.exit == 0 else None
    if content is not None:
        return content
    said = f"it was stopped by its limit of {done.stopped}" if done.stopped else done.output.strip()[-_MOST_SHOWN:]
    frames = re.findall(rf'File "{re.escape(spec.file)}", line (\d+)', said)
    return Unmade(
        fixture=fixture, said=said or f"it ended with {done.exit}", line=int(frames[-1]) if frames else fixture.line
    )
