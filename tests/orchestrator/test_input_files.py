"""Input files that a spec brings along, and those it makes by code."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import SpecError
from agentctl.orchestrator.git.opening import create_repository, open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.input_files import with_input_files, with_what_can_be_made
from agentctl.orchestrator.ports import Completed
from agentctl.specs.nouns import Spec
from agentctl.specs.parse import parse

SPEC = """\
# t

- **R1** It MUST read `data/big.csv` and `data/small.csv`.

```text fixture data/small.csv
a,b
```

```python fixture data/big.csv
import sys
for number in range(3):
    print(number, "ä")
print("not part of it", file=sys.stderr)
```
"""


class Runner:
    """Runs a program as a gate would, without its sandbox."""

    def __init__(self) -> None:
        self.runs = 0

    async def run_program(
        self, tree: str, program: str, *, times: int = 1, output_bytes: int | None = None
    ) -> tuple[Completed, ...]:
        assert tree
        assert times == 1
        assert output_bytes is not None
        self.runs += 1
        exit_code, output = await asyncio.to_thread(_run, program)
        return (Completed(exit=exit_code, output=output, seconds=0.0, cpu_seconds=0.0),)


def _run(program: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr + done.stdout


@pytest.fixture
def git(tmp_path: Path) -> Repository:
    create_repository(tmp_path / "repo", at=0.0)
    return open_repository(tmp_path / "repo")


async def _laid(git: Repository, spec: Spec, runner: Runner, tree: str | None = None) -> str:
    return await with_input_files(spec, tree or await git.amend_tree(None, {}), git=git, runner=runner)


async def test_a_file_made_by_code_is_what_the_code_printed_and_nothing_else(git: Repository) -> None:
    tree = await _laid(git, parse(SPEC), Runner())
    entries = await git.entries(tree)
    assert (await git.read(entries["data/big.csv"].id)).decode() == "0 ä\n1 ä\n2 ä\n"
    assert (await git.read(entries["data/small.csv"].id)).decode() == "a,b\n"


async def test_a_file_that_is_there_is_not_made_again(git: Repository) -> None:
    runner, spec = Runner(), parse(SPEC)
    tree = await _laid(git, spec, runner)
    assert await _laid(git, spec, runner, tree) == tree
    assert runner.runs == 1


async def test_the_order_of_sets_of_words_is_the_same_each_time(git: Repository) -> None:
    spec = parse(SPEC.replace("import sys\n", "import sys\nprint(list({'a', 'b', 'c', 'd', 'e', 'f'}))\n"))
    assert len({await _laid(git, spec, Runner()) for _ in range(3)}) == 1


@pytest.mark.parametrize("code", ["raise ValueError('no data')", "import sys; sys.exit('no data')"])
async def test_code_that_fails_is_told_with_its_line_in_the_spec(git: Repository, code: str) -> None:
    spec = parse(SPEC.replace("import sys\n", f"import sys\n{code}\n"), name="t.md")
    with pytest.raises(SpecError, match=r"(?s)t\.md:9: the fixture data/big\.csv could not be made:.*no data"):
        await _laid(git, spec, Runner())


@pytest.mark.parametrize(
    ("code", "reason", "line"),
    [
        ("raise ValueError('no data')", "ValueError: no data", 11),
        ("import sys; sys.exit('no data')", "no data", 9),
        ("this is no code", "it is not Python: invalid syntax", 11),
    ],
)
async def test_one_file_that_cannot_be_made_is_told_and_the_others_are_laid(
    git: Repository, code: str, reason: str, line: int
) -> None:
    spec = parse(SPEC.replace("import sys\n", f"import sys\n{code}\n"), name="t.md")
    laid, unmade = await with_what_can_be_made(spec, await git.amend_tree(None, {}), git=git, runner=Runner())
    assert list(await git.entries(laid)) == ["data/small.csv"]
    said = [(each.reason, each.line) for each in unmade]
    assert said == [(f"the fixture data/big.csv could not be made: {reason}", line)]


class Endless(Runner):
    async def run_program(
        self, tree: str, program: str, *, times: int = 1, output_bytes: int | None = None
    ) -> tuple[Completed, ...]:
        await asyncio.Event().wait()
        return await super().run_program(tree, program, times=times, output_bytes=output_bytes)


async def test_a_file_whose_code_never_ends_is_told_too(git: Repository) -> None:
    tree = await git.amend_tree(None, {})
    _, (unmade,) = await with_what_can_be_made(parse(SPEC), tree, git=git, runner=Endless(), seconds=0.01)
    assert unmade.reason == "the fixture data/big.csv could not be made: it did not end within 0.01 s"
