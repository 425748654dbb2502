"""Looks at a run's slices: what we left, what the forge has, where what was merged went. Fetches into refs of ours."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from ..errors import ForgeRefused
from ..forge.port import Forge
from ..git.history import reaches
from ..git.remote import FETCHED, fetch
from ..git.repository import Repository
from ..nouns.delivery import Cut, Opened, Rebuilt
from ..nouns.forge import Pull
from ..nouns.stack import Gone, Standing
from ..ports import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The stack as it stands, in the order of review, and what is of no slice any more."""

    stack: tuple[Standing, ...]
    gone: tuple[Gone, ...]
    others_open: int
    """Pull requests of ours that are of other runs, or of nobody."""
    me: str


async def look(cuts: Sequence[Cut], *, forge: Forge, git: Repository, store: Store, target: str) -> Seen:
    """Ask for everything anew; raises ForgeRefused and ForgeAway."""
    kept = {each.name: each for each in store.pulls()}
    rebuilt = {each.name: each for each in store.rebuilt()}
    me = (await forge.login()).account.login
    found = [await _standing(cut, kept.get(cut.slice.name), rebuilt.get(cut.slice.name), forge) for cut in cuts]
    stack = await _merged(found, forge=forge, git=git, target=target)
    names = {each.name for each in stack}
    gone = [await _gone(each, forge) for name, each in kept.items() if name not in names and each.number]
    pulls = [*(each.pull for each in stack), *(each.pull for each in gone)]
    numbers = {pull.number for pull in pulls if pull is not None}
    others = [pull for pull in await forge.pulls(author=me) if pull.number not in numbers and _ours(pull)]
    return Seen(stack=stack, gone=tuple(gone), others_open=len(others), me=me)


async def bring_here(forge: Forge, git: Repository, branches: Sequence[str]) -> Mapping[str, str]:
    """Fetch branches of the forge; gives their commits by branch, without those that are not there."""
    there = [name for name in dict.fromkeys(branches) if await forge.branch(name) is not None]
    specs = [f"refs/heads/{name}:{FETCHED}heads/{name}" for name in there]
    found = await fetch(git, await forge.access(), specs)
    return {ref.removeprefix(f"{FETCHED}heads/"): commit for ref, commit in found.items()}


async def require_base(cuts: Sequence[Cut], *, forge: Forge, git: Repository, target: str) -> None:
    """Raise ForgeRefused where the run began on a commit that the forge does not have: its review would show more."""
    tip = (await bring_here(forge, git, [target])).get(target)
    if tip is None:
        raise ForgeRefused(f"{forge.repo} has no branch {target}: name the one to go to with --base.")
    for cut in cuts:
        if not cut.slice.on and not await reaches(git, tip=tip, commit=cut.base):
            raise ForgeRefused(
                f"The run began at {cut.base[:10]}, which {target} of {forge.repo} does not hold: push that first, "
                f"or name the branch that holds it with --base."
            )


def _ours(pull: Pull) -> bool:
    return pull.head.startswith("agentctl/") and not pull.fork


async def _standing(cut: Cut, kept: Opened | None, rebuilt: Rebuilt | None, forge: Forge) -> Standing:
    pull, remote = await _latest(cut.branch, forge), await forge.branch(cut.branch)
    standing = Standing(cut=cut, base=cut.base, head=cut.head, kept=kept, pull=pull, remote=remote)
    if rebuilt is None:
        return standing
    rests = rebuilt.base if rebuilt.rests and not cut.slice.on else ""
    if rebuilt.of != cut.head:
        return replace(standing, rests=rests)
    return replace(standing, base=rebuilt.base, head=rebuilt.head, red=rebuilt.red, rests=rests, also=rebuilt.also)


async def _latest(branch: str, forge: Forge) -> Pull | None:
    pulls = [pull for pull in await forge.pulls(head=branch, state="all") if not pull.fork]
    return max(pulls, key=lambda pull: (pull.state == "open", pull.number), default=None)


async def _gone(kept: Opened, forge: Forge) -> Gone:
    pull = await forge.pull(kept.number)
    return Gone(kept=kept, pull=pull, remote=await forge.branch(pull.head) if pull is not None else None)


async def _merged(found: list[Standing], *, forge: Forge, git: Repository, target: str) -> tuple[Standing, ...]:
    """What git knows of those that were merged: whether their commits are there as they are, or under other names."""
    merged = [each for each in found if each.pull is not None and each.pull.state == "merged"]
    if not merged:
        return tuple(found)
    bases = [each.pull.base for each in merged if each.pull is not None]
    await bring_here(forge, git, [target, *bases])
    hosts = {each.cut.branch: each.pull for each in merged if each.pull is not None}
    nowhere = {branch for branch, pull in hosts.items() if await _went_nowhere(pull, hosts.get(pull.base), git)}
    return tuple([await _where(each, nowhere, git) if each in merged else each for each in found])


async def _where(each: Standing, nowhere: AbstractSet[str], git: Repository) -> Standing:
    """What was merged into a branch that is brought again comes with that."""
    pull = each.pull
    if pull is None:
        return each
    inside = await reaches(git, tip=pull.merged_sha, commit=pull.head_sha)
    lost = each.cut.branch in nowhere and pull.base not in nowhere
    known = each.kept is not None and each.kept.number == pull.number and each.kept.state == "merged"
    return replace(each, inside=inside, lost=not each.kept.done if known and each.kept is not None else lost)


async def _went_nowhere(pull: Pull, host: Pull | None, git: Repository) -> bool:
    """Whether it was merged into a branch after that had been merged itself; false where git cannot tell."""
    if host is None or await git.resolve(pull.merged_sha) is None or await git.resolve(host.head_sha) is None:
        return False
    return not await reaches(git, tip=host.head_sha, commit=pull.merged_sha)
