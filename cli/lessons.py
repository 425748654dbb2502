"""Lessons: proposes them from the runs of a repository, and writes into its file those that a person approves."""

import argparse
import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..guides.lessons import as_section, parse_lessons, with_lesson, without_lesson
from ..guides.load import Guide
from ..orchestrator.errors import GitError, RunStateError, UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.nouns.hand_facts import LessonJudged
from ..orchestrator.rules.lessons import Proposal, changes_of, places_of, text_of, title_of
from ..orchestrator.rules.redact import redact
from ..orchestrator.store.folder import RunFolder, all_runs, find
from ..tui.clean import clean
from .lessons_of_run import judged_in, proposed_by
from .output import emit, emit_json, say, table
from .processes import edit, person
from .repository import locate, opened
from .settings import Flags, load

MOST_RUNS = 30
"""Runs that are looked at, the latest; as many as patches are reused from."""
State = Literal["proposed", "approved", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A lesson as it stands: its section of the file, where it comes from, and its evidence."""

    guide: Guide
    state: State
    folder: RunFolder | None = None
    """The run that proposes it; None where the file has it and no run here does."""
    proposal: Proposal | None = None
    diff: str = ""


def listed(args: argparse.Namespace) -> int:
    """Print the lessons; those that were rejected only with ``--all``."""
    shown = [each for each in _known(args) if args.all or each.state != "rejected"]
    if args.json:
        emit_json([_document(each) for each in shown])
    else:
        rows = ((each.guide.name, each.state, _by(each), clean(each.guide.description, width=70)) for each in shown)
        nothing = "no lessons: they come from tasks that a stronger tier or a person put right"
        emit(table(rows) or [nothing])
    return 0


def shown(args: argparse.Namespace) -> int:
    """Print one lesson as a worker would read it, and its evidence."""
    lesson = _named(args, args.ids)
    if args.json:
        emit_json(_document(lesson) | {"diff": lesson.diff})
        return 0
    proposal = lesson.proposal
    emit([as_section(lesson.guide).rstrip()])
    if proposal is not None:
        emit(["", f"{lesson.state}; from run {proposal.run}: {proposal.failed} ({proposal.rung}) failed,"])
        emit([f"{proposal.fixed} ({proposal.by}) landed.", *(["", lesson.diff.rstrip()] if lesson.diff else [])])
    return 0


def approved(args: argparse.Namespace) -> int:
    """Write lessons into the file, for the person to commit."""
    path = _file(args)
    for lesson in _each_named(args):
        _write(path, with_lesson(_text(path), lesson.guide))
        _judge(lesson, LessonJudged(lesson=lesson.guide.name, decision="approved"), args)
        say(
            f"{lesson.guide.name} is in {path.name}. Commit it: workers read it from the commit that a run starts from."
        )
    return 0


def rejected(args: argparse.Namespace) -> int:
    """Propose lessons no more, and take them out of the file if they are in it."""
    path = _file(args)
    for lesson in _each_named(args):
        if lesson.state == "approved":
            _write(path, without_lesson(_text(path), lesson.guide.name))
        _judge(lesson, LessonJudged(lesson=lesson.guide.name, decision="rejected"), args)
        say(f"{lesson.guide.name} is not proposed any more.")
    return 0


def edited(args: argparse.Namespace) -> int:
    """Change a lesson in the editor: a proposed one before it is approved, or one that is in the file."""
    lesson, path = _named(args, args.ids), _file(args)
    with tempfile.TemporaryDirectory(prefix="agentctl-") as folder:
        text, _ = edit(as_section(lesson.guide), folder=Path(folder), name="lesson.md")
    found = [each for each in parse_lessons(text, place=path.name) if each.name == lesson.guide.name]
    if len(found) != 1 or not found[0].text.strip():
        raise UsageError(
            f"The text has to be one section that begins with `## {lesson.guide.name}: `; nothing was changed."
        )
    if lesson.state == "approved":
        _write(path, with_lesson(_text(path), found[0]))
    _judge(lesson, LessonJudged(lesson=lesson.guide.name, decision="edited", text=as_section(found[0])), args)
    say(f"{lesson.guide.name} is changed" + ("." if lesson.state == "approved" else "; approve it to keep it."))
    return 0


def _known(args: argparse.Namespace) -> list[Lesson]:
    """The lessons of the runs, the latest run last, with what people said of them; then those only the file has."""
    path = _file(args)
    kept = {guide.name: guide for guide in parse_lessons(_text(path), place=path.name)}
    root = locate(args.repo)
    folders = [find(root, args.run)] if args.run else all_runs(root)[-MOST_RUNS:]
    found = [lesson for folder in folders for lesson in _proposed(root, folder, kept)]
    named = {lesson.guide.name for lesson in found}
    rest = [] if args.run else [guide for name, guide in kept.items() if name not in named]
    return [*found, *(Lesson(guide=guide, state="approved") for guide in rest)]


def _proposed(root: Path, folder: RunFolder, kept: dict[str, Guide]) -> Iterator[Lesson]:
    try:
        with opened(folder) as run:
            made, judged = proposed_by(run), judged_in(run)
    except RunStateError as error:
        say(f"run {folder.run} cannot be read: {clean(str(error), width=200)}")
        return
    for proposal in made:
        diff = redact(asyncio.run(_diff(root, proposal)))
        changes = changes_of(diff)
        guide = Guide(
            name=proposal.id,
            description=title_of(proposal),
            text=text_of(proposal, changes),
            globs=places_of(changes, proposal),
            roles=("worker",),
            kind="lesson",
        )
        state: State = "proposed"
        for fact in judged:
            if fact.lesson == proposal.id:
                guide = next(iter(parse_lessons(fact.text)), guide) if fact.text else guide
                state = "rejected" if fact.decision == "rejected" else "proposed"
        if proposal.id in kept:
            guide, state = kept[proposal.id], "approved"
        yield Lesson(guide=guide, state=state, folder=folder, proposal=proposal, diff=diff)


async def _diff(root: Path, proposal: Proposal) -> str:
    """What the fix changed against the tree that failed; empty where git has forgotten one of them."""
    if proposal.trees is None:
        return ""
    try:
        return await open_repository(root).diff(*proposal.trees)
    except GitError:
        return ""


def _named(args: argparse.Namespace, names: Sequence[str]) -> Lesson:
    if len(names) != 1:
        raise UsageError(f"`lessons {args.action}` takes the id of one lesson; `agentctl lessons list` shows them.")
    return next(iter(_each_named(args)))


def _each_named(args: argparse.Namespace) -> list[Lesson]:
    if not args.ids:
        raise UsageError(f"`lessons {args.action}` takes the ids of lessons; `agentctl lessons list` shows them.")
    known = {lesson.guide.name: lesson for lesson in _known(args)}
    missing = [clean(name, width=60) for name in args.ids if name.lower() not in known]
    if missing:
        there = ", ".join(known) or "none"
        raise UsageError(f"There is no lesson {', '.join(missing)}; there is {there}.")
    return [known[name.lower()] for name in args.ids]


def _judge(lesson: Lesson, fact: LessonJudged, args: argparse.Namespace) -> None:
    if lesson.folder is not None:
        with opened(lesson.folder, write=True) as run:
            run.store.append(fact, author=person(locate(args.repo)))


def _file(args: argparse.Namespace) -> Path:
    root = locate(args.repo)
    path = root / load(root, Flags()).run.lessons
    if any(each.is_symlink() for each in (path, *path.parents) if each.is_relative_to(root) and each != root):
        raise UsageError(f"{path} leads through a symbolic link: remove the link, or name another file in [guides].")
    return path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8; save it as UTF-8.") from error


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _by(lesson: Lesson) -> str:
    if lesson.proposal is None:
        return ""
    return f"{lesson.proposal.rung} > {lesson.proposal.by.removeprefix('person:')}"


def _document(lesson: Lesson) -> dict[str, object]:
    proposal = lesson.proposal
    origin: dict[str, object] = {}
    if proposal is not None:
        origin = {
            "run": proposal.run,
            "task": proposal.task.id,
            "failed": str(proposal.failed),
            "rung": proposal.rung,
            "fixed": str(proposal.fixed),
            "by": proposal.by,
            "reason": proposal.reason,
        }
    guide = lesson.guide
    return {"id": guide.name, "state": lesson.state, "title": guide.description, "applies_to": guide.globs} | {
        "text": guide.text,
        "tokens": guide.tokens,
        **origin,
    }
