"""Reads what a run landed off its integration branch, for those who cut it into slices."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from .errors import AgentctlError, GitError
from .nouns.keys import integration_branch
from .nouns.runs import Landing
from .ports import Git
from .rules.commit_text import parse_trailers
from .run_view import RunView, ground_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedBranch:
    """The integration branch, read once: its commits after the run's base, oldest first."""

    base: str
    """What the slices stand on: the newest commit that the run followed, else where the branch began."""
    began: str
    tip: str
    messages: Mapping[str, str]
    parents: Mapping[str, str]
    landings: tuple[Landing, ...]
    ground: tuple[str, ...]
    """The commits before the first task's."""
    rest: tuple[str, ...]
    """Those after that are no task's: the lock of the spec."""
    followed: Mapping[str, str] = field(default_factory=dict)
    """By the commits that brought what the base branch had, what they brought."""


async def read_branch(view: RunView, git: Git) -> LandedBranch:
    """The integration branch as it is now.

    Raises:
        AgentctlError: nothing has landed.
        GitError: the branch is gone, or does not hold what has landed.
    """
    run = view.store.run()
    name = integration_branch(run.id)
    every = tuple(sorted(view.store.landings(), key=lambda each: each.order))
    followed = {e.commit: to for e in every if (to := view.plan.task(e.key.task).follows)}
    landings = tuple(each for each in every if each.commit not in followed)
    if not landings:
        raise AgentctlError(
            f"Nothing of run {run.id} has landed, so there is nothing to deliver: `agentctl status {run.id}` "
            f"says where it stands, `agentctl resume {run.id}` goes on."
        )
    landed = {landing.commit for landing in every}
    tip = (await git.refs(name)).get(name)
    if tip is None:
        last = landings[-1].commit
        raise GitError(f"{name} is gone: put it back with `git update-ref {name} {last}` and deliver again")
    began = run.base
    log = _known(await git.log(since=began, tip=tip), landed)
    commits = [commit for commit, _ in log]
    missing = [landing.key.task for landing in every if landing.commit not in commits]
    if missing:
        raise GitError(f"{name} does not hold {', '.join(missing)}, which landed: somebody has moved it")
    first = commits.index(landings[0].commit)
    return LandedBranch(
        base=ground_of(view.store),
        began=began,
        tip=commits[-1],
        messages=dict(log),
        parents=dict(zip(commits, [began, *commits], strict=False)),
        landings=landings,
        ground=tuple(commit for commit in commits[:first] if commit not in followed),
        rest=tuple(commit for commit in commits[first:] if commit not in landed),
        followed=followed,
    )


def _known(log: Sequence[tuple[str, str]], landed: Collection[str]) -> list[tuple[str, str]]:
    """The commits up to the first of a task whose landing the tables do not know yet: its run goes on meanwhile."""
    found: list[tuple[str, str]] = []
    for commit, message in log:
        if commit not in landed and "Task" in parse_trailers(message):
            break
        found.append((commit, message))
    return found
