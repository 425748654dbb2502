"""A command becomes a run: which spec it means, what the run starts from, and its folder. Drives nothing.

The run's id comes from the command, so that whoever was killed on the way finds the run that was made. An issue's run
starts from the default branch; that of a pull request of this repository from its head, so that what is delivered
stacks on it; that of a fork's from the branch it goes to, and only the spec's text is taken from there. The settings
are those of the default branch, never of a pull request or of the branch that one goes to.
"""

import argparse
import asyncio
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Protocol

from ...orchestrator.errors import ForgeRefused, RunStateError, UsageError
from ...orchestrator.faults import reach
from ...orchestrator.nouns.forge import Issue, Pull, RepoName
from ...orchestrator.nouns.policy import Policy
from ...orchestrator.rules.said import Said
from ...orchestrator.store.folder import RunFolder, new_run_id
from ...tui.clean import clean
from ..repository import opened
from ..settings import Flags, load
from ..specfile import MAX_BYTES, SpecText, decoded
from .book import Thread
from .place import Place, digest

_MOST_READ = 40
"""Markdown files of a pull request that are looked at for a spec."""


class SpecOfIssue(Protocol):
    """The spec that a title and a text of somebody's come to: what could widen a run, or hides in it, is not in it."""

    def __call__(self, title: str, body: str, /, *, policy: Policy) -> str:
        """``policy`` is that of the repository, and says how far a budget counts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command for a new run: where it stands, by whom, and what it is known by."""

    number: int
    command: Said
    key: str
    by: str
    sha: str
    """The head that was seen, of a pull request; may be empty."""
    usd: float | None = None
    """The most that the run may spend; None where nothing says."""
    read: str = ""
    """The digest of the issue when it was asked for; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a new run is made from."""

    source: SpecText
    base: str
    settings_at: str
    target: str
    """The branch its pull requests go to."""
    seen: str
    pull: bool
    path: str
    """Of the spec in the repository; empty where it is the text of the issue."""


def run_id(repo: RepoName, asked: Asked, *, pull: bool) -> str:
    """The id of the run that a command makes, such as ``i7-k7m2xq``: always the same for the same command."""
    seed = int(digest(repo.host.lower(), str(repo).lower(), str(asked.number), asked.key), 16)
    return f"{'p' if pull else 'i'}{asked.number}-{new_run_id(random.Random(seed))}"  # noqa: S311 - a name, no secret


async def wanted(place: Place, asked: Asked, spec_of: SpecOfIssue) -> Wanted:
    """What the run of a command is to be made from; fetches what it starts from.

    Raises:
        UsageError: no spec is meant, or several could be.
        ForgeRefused: the issue, the pull request or a branch is not there, or a fork's spec is not followed.
        HeadMoved: the pull request has another head than the one that was seen.
    """
    pull = await place.forge.pull(asked.number)
    if pull is not None:
        return await _of_pull(place, asked, pull, spec_of)
    issue = await place.forge.issue(asked.number)
    if issue is None:
        raise ForgeRefused(f"{place.forge.repo} has no issue #{asked.number}.")
    return await _of_issue(place, asked, issue, spec_of)


async def _of_issue(place: Place, asked: Asked, issue: Issue, spec_of: SpecOfIssue) -> Wanted:
    target = await place.forge.default_branch()
    base = await place.clone.branch(place.forge, target)
    if asked.command.args:
        path = asked.command.args[0]
        text = await place.forge.read(path, ref=base)
        if text is None:
            raise UsageError(f"{clean(path, width=200)} is not on the branch {clean(target, width=100)}.")
        source = _source(path, text)
    else:
        if asked.read not in ("", issue.digest):  # by who wrote it, who may be anybody
            raise UsageError(f"The text of #{issue.number} was changed after you wrote: read it, and say it again.")
        path = ""
        source = _source(f"specs/issue-{issue.number}.md", spec_of(issue.title, issue.body, policy=place.policy))
    return Wanted(source=source, base=base, settings_at=base, target=target, seen=base, pull=False, path=path)


async def _of_pull(place: Place, asked: Asked, pull: Pull, spec_of: SpecOfIssue) -> Wanted:
    if pull.state != "open":
        raise UsageError(f"#{pull.number} is {pull.state}: open it again, or say it in an issue.")
    if pull.fork and not place.policy.follow_forks:
        raise ForgeRefused(
            f"#{pull.number} comes from a fork, and this repository does not follow forks: copy its spec into an issue."
        )
    if asked.sha and pull.head_sha != asked.sha:
        raise UsageError(f"#{pull.number} is at {pull.head_sha[:10]} by now, not at {asked.sha[:10]}: say it again.")
    source = await _spec_in(place, asked, pull)
    # Not those of the branch it goes to: whoever may push chooses that, and settings say what runs here, and where to.
    settings_at = await place.clone.branch(place.forge, await place.forge.default_branch())
    if pull.fork:
        text = spec_of(pull.title, source.text, policy=place.policy)
        base, target = await place.clone.branch(place.forge, pull.base), pull.base
        source = replace(source, text=text)
    else:
        base, target = await place.clone.head(place.forge, pull), pull.head
    return Wanted(
        source=source,
        base=base,
        settings_at=settings_at,
        target=target,
        seen=pull.head_sha,
        pull=True,
        path=source.name,
    )


async def _spec_in(place: Place, asked: Asked, pull: Pull) -> SpecText:
    """The spec that a pull request brings, or the one that is named; as text, at its head."""
    if asked.command.args:
        path = asked.command.args[0]
        if (text := await place.forge.read(path, ref=pull.head_sha)) is None:
            raise UsageError(f"{clean(path, width=200)} is not in #{pull.number}: name a markdown file that is.")
        return _source(path, text)
    changed = [path for path in await place.forge.files(pull.number) if path.lower().endswith(".md")]
    read = [(path, await place.forge.read(path, ref=pull.head_sha)) for path in changed[:_MOST_READ]]
    found = _specs([_source(path, text) for path, text in read if text and len(text) <= MAX_BYTES])
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(clean(each.name, width=200) for each in found)
        raise UsageError(f"#{pull.number} changes several specs: say which, as in `/agentctl run PATH`: {names}.")
    raise UsageError(
        f"#{pull.number} changes no markdown file that holds requirements: name the spec, as in `/agentctl run PATH`."
    )


def _source(path: str, text: str) -> SpecText:
    """A text as if it had been read from a file. Raises SpecError for what can be no spec."""
    return decoded(text.encode("utf-8", "surrogateescape"), name=path)


def _specs(texts: Sequence[SpecText]) -> list[SpecText]:
    """Those with numbered requirements; where none has, those with lists of sentences that say MUST."""
    from ...specs.parse import parse

    specs = [(text, parse(text.text, name=text.name)) for text in texts]
    numbered = [text for text, spec in specs if any(not item.temporary for item in spec.normative)]
    return numbered or [text for text, spec in specs if spec.level != "L0" and spec.normative]


async def begun(place: Place, asked: Asked, run: str, spec_of: SpecOfIssue) -> RunFolder:
    """The folder of a command's run, made unless it is there; then it is bound to its thread. Nothing drives it yet.

    Raises as `wanted` does, and:
        VerificationFailed: lint finds errors in the spec.
        AuthenticationError: there is no model to ask.
    """
    key, folder = f"{asked.key}:run", place.folder(run)
    if folder is None or not _has_begun(folder):
        made_of = await wanted(place, asked, spec_of)
        thread = _thread(place, asked, run, made_of)
        place.book.keep(key, {name: getattr(thread, name) for name in _KEPT}, at=place.clock())
        reach("bot.run.wanted")
        place.clone.repository()
        _clear(place, run)
        folder = await asyncio.to_thread(_made, place, asked, run, made_of, await _commits_as(place))
        reach("bot.run.made")
    kept = place.book.deed(key)
    if isinstance(kept, dict) and run not in {each.run for each in place.threads(asked.number)}:
        place.book.bind(Thread(repo=place.forge.repo, **kept))
    reach("bot.run.bound")
    return folder


_KEPT = ("number", "run", "pull", "by", "sha", "base", "spec", "at")


def _thread(place: Place, asked: Asked, run: str, made_of: Wanted) -> Thread:
    return Thread(
        repo=place.forge.repo,
        number=asked.number,
        run=run,
        pull=made_of.pull,
        by=asked.by,
        sha=made_of.seen,
        base=made_of.target,
        spec=made_of.path,
        at=place.clock(),
    )


async def _commits_as(place: Place) -> str:
    """Who commits where the settings name nobody: the account that the bot is on the forge."""
    account = (await place.forge.login()).account.login
    return f"{account} <{account}@users.noreply.{place.forge.repo.host}>"


def _has_begun(folder: RunFolder) -> bool:
    """Whether the run's first facts are there; its file may have been left without its tables."""
    with opened(folder, write=True) as run:
        return bool(run.store.events(limit=1))


def _clear(place: Place, run: str) -> None:
    """Take away what a kill left of a folder before it was a run's: it holds nothing that anybody said."""
    path = place.clone.root / ".agentctl" / "runs" / run
    if path.is_dir() and not path.is_symlink():
        folder = RunFolder(path=path)
        if folder.driver() is not None or (folder.run_db.exists() and _has_begun(folder)):
            raise RunStateError(f"run {run} is there already")
        shutil.rmtree(path)


def _made(place: Place, asked: Asked, run: str, made_of: Wanted, commits_as: str) -> RunFolder:
    from .. import wiring
    from ..starting import prepared as prepared_run

    extras = {
        "run": run,
        "base": made_of.base,
        "path": made_of.source.name,
        "settings_at": made_of.settings_at,
        "by": f"person:{asked.by}",
        "commits_as": commits_as,
    }
    planning = asked.command.word == "plan"
    arguments = _arguments(place, asked, made_of, planning=planning)
    return prepared_run(arguments, wiring, planning=planning, place=extras, given=made_of.source).folder


def _arguments(place: Place, asked: Asked, made_of: Wanted, *, planning: bool) -> argparse.Namespace:
    """As if they had been typed: the plan of a run is approved by who said `run`, unless everything is to be asked."""
    from ..commands import run as command

    options = asked.command.options
    ask = planning or "ask-always" in (options.get("autonomy"), place.policy.autonomy)
    chosen = {
        "repo": str(place.clone.root),
        "no_input": True,
        "yes": not ask,
        "budget": _budget(place, asked, made_of),
        "autonomy": options.get("autonomy"),
    }
    return argparse.Namespace(**(vars(_parsed(command)) | chosen))


def _budget(place: Place, asked: Asked, made_of: Wanted) -> float | None:
    """What `--budget` says: what was said, but not more than who said it may spend."""
    from ...specs.parse import parse

    said = asked.command.options.get("budget")
    if asked.usd is None:
        return float(said) if said is not None else None
    own = parse(made_of.source.text, name=made_of.source.name).meta.budget.usd
    cap = own if own is not None else load(place.clone.root, Flags(), at=made_of.settings_at).run.limits.usd
    return min(asked.usd, float(said) if said is not None else cap)


def _parsed(command: ModuleType) -> argparse.Namespace:
    from ..main import parser

    return parser("run", command).parse_args([])
