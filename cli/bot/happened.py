"""What is done about messages that command nothing: branches and pull requests that moved, texts that were edited.

What a run shows is brought up to date elsewhere, after every message; here is kept what only the message knows, and
said what a person has to be told.
"""

from collections.abc import Sequence
from dataclasses import replace

from ...orchestrator.git.history import reaches
from ...orchestrator.nouns.happenings import GroupQueued, Happening, Opened, PullMoved, Pushed, RepositoryMoved
from ...tui.snapshot import FINISHED
from ..repository import opened
from .book import Thread, rewritten_key
from .clones import moved_key
from .groups import GroupGate, report_group
from .place import Place, digest
from .replies import reply

LOOKED = "the runs are looked at"


async def happened(place: Place, happening: Happening, delivery: str, *, judge: GroupGate) -> str:
    """What became of it, in words; empty where nothing is done about such a message."""
    match happening:
        case PullMoved() as moved:
            return await _pull_moved(place, moved)
        case Pushed() as pushed:
            return await _pushed(place, pushed, delivery)
        case Opened() as edited:
            return await _edited(place, edited)
        case GroupQueued() as queued:
            return await report_group(place, queued, judge)
        case RepositoryMoved() as moved_to:
            return _renamed(place, moved_to)
        case _:
            return ""


async def _pull_moved(place: Place, moved: PullMoved) -> str:
    pull = await place.forge.pull(moved.number)
    if pull is None:
        return f"there is no #{moved.number}"
    if pull.state == "merged":  # what was built on its branch goes where it went
        for thread in place.threads(moved.number):
            if thread.base == pull.head and not thread.over:
                place.book.bind(replace(thread, base=pull.base))
                place.book.keep(rewritten_key(thread.run), pull.merged_sha, at=place.clock())
    return f"#{moved.number} is {pull.state}: {LOOKED}"


async def _pushed(place: Place, pushed: Pushed, delivery: str) -> str:
    me = (await place.forge.login()).account.login
    thread = place.thread_of_branch(pushed.branch)
    if thread is not None:
        if pushed.by.login == me or not pushed.after:
            return LOOKED
        return await _theirs(place, thread, pushed, delivery)
    moved = [each for each in place.book.threads(place.forge.repo) if each.base == pushed.branch]
    rewritten = bool(moved) and await _is_rewritten(place, pushed)
    for each in moved:
        place.book.keep(f"base:{each.run}", {"branch": pushed.branch, "after": pushed.after}, at=place.clock())
        if rewritten:
            place.book.keep(rewritten_key(each.run), pushed.after, at=place.clock())
    return f"the base of {len(moved)} runs moved" if moved else "a branch that nothing here is about"


async def _is_rewritten(place: Place, pushed: Pushed) -> bool:
    """Whether a branch lost commits, as far as can be told: polling does not say so."""
    if pushed.forced or not pushed.after or not pushed.before:
        return pushed.forced
    tip, git = await place.clone.branch(place.forge, pushed.branch), place.clone.repository()
    return await git.resolve(pushed.before) is None or not await reaches(git, tip=tip, commit=pushed.before)


async def _theirs(place: Place, thread: Thread, pushed: Pushed, delivery: str) -> str:
    """Somebody pushed to a branch of ours: it is theirs from now on."""
    key = f"foreign:{thread.run}:{pushed.branch}"
    said = {"after": pushed.after, "by": pushed.by.login, "forced": pushed.forced, "delivery": delivery}
    place.book.keep(key, said, at=place.clock())
    pulls = await place.forge.pulls(head=pushed.branch)
    if not pulls:
        return "somebody pushed to a branch of ours: it is not overwritten"
    what = "rewrote this branch" if pushed.forced else "pushed to this branch"
    words = (
        f"Somebody {what}: it is at `{pushed.after[:10]}` now. Their commits stay, nothing of ours overwrites them; "
        f"what run `{thread.run}` changes from here on is told, and not pushed here. "
        "Put the branch back to what it was to have it kept up to date again."
    )
    await reply(place.forge, pulls[0].number, to=f"foreign:{digest(pushed.branch)}", blocks=[words])
    return f"told in #{pulls[0].number} that its branch is not overwritten"


async def _edited(place: Place, edited: Opened) -> str:
    """The text of an issue is the spec of a run, which goes on with what it read."""
    threads = [each for each in place.threads(edited.number) if not each.spec and not each.pull]
    if edited.action != "edited" or not threads:
        return ""
    folder = place.folder(threads[-1].run)
    if folder is None:
        return ""
    with opened(folder) as run:
        over = run.store.run().state in FINISHED
    run_words = f"Run `{folder.run}` {'was built' if over else 'is built'} from the text as it was."
    then = "`/agentctl run` builds what it says now" + ("." if over else ", once this run has ended or was cancelled.")
    await reply(place.forge, edited.number, to=f"edited:{folder.run}", blocks=[f"{run_words} {then}"])
    return "told that the text has changed"


def _renamed(place: Place, moved: RepositoryMoved) -> str:
    repo, threads = place.forge.repo, place.book.threads(place.forge.repo, also_over=True)
    if moved.gone:
        _close(place, threads)
        return f"the repository is gone: {len(threads)} threads are closed, and their runs stay on disk"
    owner, _, name = moved.name.rpartition("/")
    there = replace(repo, owner=owner or repo.owner, name=name)
    if there == repo:
        return LOOKED
    known = {each.run for each in place.book.threads(there, also_over=True)}
    for each in threads:
        if not each.over or each.run not in known:  # done again, it would close there what was closed here
            place.book.bind(replace(each, repo=there))
    _close(place, threads)
    if place.book.deed(moved_key(there)) is None:  # done again, it would say where the clone of the old name is now
        place.book.keep(moved_key(there), str(place.clone.root), at=place.clock())
    place.book.keep(moved_key(repo), None, at=place.clock())
    return f"{len(threads)} threads are in {moved.name} now"


def _close(place: Place, threads: Sequence[Thread]) -> None:
    for each in threads:
        place.book.bind(replace(each, over=True))
