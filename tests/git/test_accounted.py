"""Merges on real git: what is clean accounts for every hunk, and what drops one is found out."""

import asyncio
import random
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from agentctl.orchestrator.accounted import Accounted
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.ports import Merge, TreeEntry

from .conftest import Shell

WORDS = ("", "", "}", "return", "one", "two", "three", "four")
"""Few enough that lines repeat, as they do in code: where a hunk stands is not obvious then."""
MERGES = 12
"""Of a seed; some are clean, some clash."""
SEEDS = 2
RENAMES = 0.2
"""Share of sides that give a file another name."""


async def tree_of(repository: Repository, files: Mapping[str, str]) -> str:
    blobs = {path: await repository.write(text.encode()) for path, text in files.items()}
    return await repository.amend_tree(None, {path: TreeEntry(mode="100644", id=blob) for path, blob in blobs.items()})


async def texts(repository: Repository, tree: str | None) -> dict[str, str]:
    assert tree is not None
    return {path: (await repository.read(each.id)).decode() for path, each in (await repository.entries(tree)).items()}


class Partial(Repository):
    """A git that settles every clash of lines in favour of what landed, and calls that clean."""

    async def merge(self, *, base: str, ours: str, theirs: str) -> Merge:
        right = await super().merge(base=base, ours=ours, theirs=theirs)
        read = [await self.entries(tree) for tree in (ours, base, theirs)]
        if any(path not in files for files in read for path in right.conflicts):
            return right
        kept = {path: TreeEntry(mode="100644", id=await self._ours(path, read)) for path in right.conflicts}
        rest = await self.amend_tree(theirs, {path: read[1][path] for path in right.conflicts})
        merged = await super().merge(base=base, ours=ours, theirs=rest)
        return Merge(tree=await self.amend_tree(merged.tree, kept)) if merged.tree else right

    async def _ours(self, path: str, read: Sequence[Mapping[str, TreeEntry]]) -> str:
        with TemporaryDirectory() as place:
            for number, files in enumerate(read):
                Path(place, str(number)).write_bytes(await self.read(files[path].id))
            line = ["git", "merge-file", "-p", "--ours", "0", "1", "2"]
            done = await asyncio.to_thread(subprocess.run, line, cwd=place, check=True, capture_output=True)
            return await self.write(done.stdout)


@pytest.fixture
def partial(repository: Repository) -> Partial:
    return Partial(repository.location, repository.door)


def edited(lines: list[str], chance: random.Random) -> list[str]:
    """One to four places of a text changed: lines that come, go, or become others."""
    made = list(lines)
    for _ in range(chance.randint(1, 2)):
        at = chance.randint(0, len(made))
        gone = chance.choice((0, 0, 1, 2))
        made[at : at + gone] = [chance.choice(WORDS) for _ in range(chance.choice((0, 1, 2)))]
    return made


def whole(lines: list[str], chance: random.Random) -> str:
    return "\n".join(lines) + chance.choice(("", "\n", "\n"))


async def sides(repository: Repository, chance: random.Random) -> tuple[str, str, str]:
    """Three trees: a base, and two that were made of it without knowing of each other."""
    base = {f"f{n}": [chance.choice(WORDS) for _ in range(chance.randint(0, 60))] for n in range(chance.randint(1, 2))}
    trees = [await tree_of(repository, {path: whole(lines, chance) for path, lines in base.items()})]
    for _ in range(2):
        files = {path: whole(edited(lines, chance), chance) for path, lines in base.items()}
        if chance.random() < RENAMES:
            files["renamed"] = files.pop("f0")
        trees.append(await tree_of(repository, files))
    return trees[0], trees[1], trees[2]


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_clean_merge_of_random_edits_is_always_accounted_for(repository: Repository, seed: int) -> None:
    chance, clean = random.Random(seed), 0
    for _ in range(MERGES):
        base, ours, theirs = await sides(repository, chance)
        merge = await repository.merge(base=base, ours=ours, theirs=theirs)
        found = await Accounted(git=repository).merge(base=base, ours=ours, theirs=theirs)
        assert replace(found, told=()) == merge
        clean += merge.tree is not None
    assert clean > 0


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_merge_that_keeps_one_side_of_a_clash_is_always_found_out(
    repository: Repository, partial: Partial, seed: int
) -> None:
    chance, clashes = random.Random(seed), 0
    for _ in range(MERGES):
        base, ours, theirs = await sides(repository, chance)
        right = await repository.merge(base=base, ours=ours, theirs=theirs)
        wrong = await partial.merge(base=base, ours=ours, theirs=theirs)
        found = await Accounted(git=partial).merge(base=base, ours=ours, theirs=theirs)
        assert (found.tree is None) == (right.tree is None)
        assert bool(found.lost) == (wrong.tree != right.tree)
        clashes += wrong.tree != right.tree
    assert clashes > 0


@pytest.mark.parametrize("attributes", ["", "*.md merge=union\n", "*.md merge=ours\n"])
async def test_a_driver_that_the_person_named_counts_where_it_keeps_both_sides(
    repository: Repository, git: Shell, attributes: str
) -> None:
    git("config", "merge.ours.driver", "true")
    (repository.location.git_dir / "info").mkdir(exist_ok=True)
    (repository.location.git_dir / "info" / "attributes").write_text(attributes)
    again = open_repository(repository.location.root)
    base, ours, theirs = [await tree_of(again, {"a.md": text}) for text in ("one\n", "two\n", "three\n")]
    merge = await Accounted(git=again).merge(base=base, ours=ours, theirs=theirs)
    kept = (await texts(again, merge.tree))["a.md"] if merge.tree is not None else ""
    assert (kept, merge.lost) == ("two\nthree\n" if "union" in attributes else "", ())
