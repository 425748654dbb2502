"""Guides on the command line: those that ship, the repository's own, and its rules, as a run from HEAD reads them."""

import argparse
import asyncio
import difflib
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..agents.advice import Advice, Chosen
from ..agents.own_rules import OwnRules, shared, touched
from ..guides.choose import Subject
from ..guides.foreign import Rule
from ..guides.lint import Flaw, flaws
from ..guides.load import CHARACTERS_PER_TOKEN, ROLES, Guide, shipped
from ..guides.words import weighed
from ..orchestrator.errors import UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.keys import AttemptKey
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.ports import Job
from ..orchestrator.store.folder import all_runs
from ..tui.clean import clean
from .built_before import spec_of
from .finding import task_named
from .output import emit, emit_json, table
from .repository import OpenRun, locate, open_run
from .settings import Flags, load

_LINT_FAILED = 6
_TASK = re.compile(r"[Tt]\d+")
"""What is meant for the id of a task, and no word that a task is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """All advice of one tree."""

    git: Repository
    advice: Advice
    tree: str
    own: tuple[Guide, ...] = ()
    rules: tuple[Rule, ...] = ()

    def guides(self) -> list[Guide]:
        """The repository's own, and ours that it does not replace, by name."""
        names = {guide.name for guide in self.own if guide.kind == "guide"}
        return sorted((*self.own, *(each for each in shipped() if each.name not in names)), key=lambda each: each.name)


def listed(args: argparse.Namespace) -> int:
    """Print every guide, lesson and rules file."""
    _refuse(args)
    shelf = asyncio.run(_shelf(args))
    if args.json:
        emit_json({"guides": [_guide(each) for each in shelf.guides()], "rules": [_rule(each) for each in shelf.rules]})
        return 0
    rows = [
        (each.name, each.place or "agentctl", _when(each), f"{each.tokens}", clean(each.description, width=70))
        for each in shelf.guides()
    ]
    emit(table([("NAME", "FROM", "FOR", "TOKENS", "WHAT IT IS"), *rows]))
    if shelf.rules:
        emit(["", "rules of the repository:"])
        emit(table((f"  {each.path}", _applies(each), f"{_tokens(each.text)} tokens") for each in shelf.rules))
    return 0


def shown(args: argparse.Namespace) -> int:
    """Print one guide as a prompt has it, with its sources."""
    if len(args.what) != 1:
        raise UsageError("`guides show` takes one name; `agentctl guides list` shows them.")
    name, shelf = args.what[0], asyncio.run(_shelf(args))
    rule = next((each for each in shelf.rules if each.path == name), None)
    if rule is not None:
        emit_json(_rule(rule) | {"text": rule.text}) if args.json else emit([rule.text.rstrip()])
        return 0
    guide = next((each for each in shelf.guides() if each.name == name), None)
    if guide is None:
        known = [each.name for each in shelf.guides()]
        near = difflib.get_close_matches(name, known, n=3) or known
        raise UsageError(f"There is no guide `{clean(name, width=60)}`; there is {', '.join(near)}.")
    if args.json:
        emit_json(_guide(guide) | {"text": guide.text, "sources": guide.sources})
    else:
        emit([guide.text.rstrip(), *(["", "## Sources", "", guide.sources] if guide.sources else [])])
    return 0


def matched(args: argparse.Namespace) -> int:
    """Say what advice a task, or paths and words, would get, and why."""
    if args.role not in ROLES:
        raise UsageError(f"There is no role `{clean(args.role, width=40)}`; there is {', '.join(ROLES)}.")
    if not args.what:
        raise UsageError("`guides match` takes a task (T1), or paths and words that say what a task is about.")
    shelf, general, chosen = asyncio.run(_matched(args))
    if args.json:
        emit_json(_match(shelf, general, chosen))
        return 0
    emit(["every task:"])
    emit(table((f"  {each.name}", f"{each.tokens} tokens") for each in general) or ["  nothing"])
    emit(f"  {rule.path}" for rule in shared(shelf.rules))
    emit(["this one:"])
    rows = [
        (
            f"  {each.guide.name}",
            f"{each.guide.tokens} tokens",
            f"score {each.score:g}",
            clean(", ".join(each.why), width=70),
        )
        for each in chosen.choices
    ]
    emit(table(rows) or ([] if chosen.rules else ["  nothing"]))
    emit(f"  {rule.path}" for rule in chosen.rules)
    return 0


def linted(args: argparse.Namespace) -> int:
    """Print what is wrong with these files, or with those of the folders that the settings name."""
    root = locate(args.repo)
    paths = [Path(each) for each in args.what] or [
        path for folder in load(root, Flags()).run.guides for path in sorted((root / folder).rglob("*.md"))
    ]
    if not paths:
        raise UsageError(
            "There is nothing to lint: name files, or folders in agentctl.toml (`[guides] paths = [...]`)."
        )
    found = {str(path): _flaws(path) for path in _files(paths)}
    if args.json:
        emit_json([{"file": file, **_flaw(flaw)} for file, of in found.items() for flaw in of])
    else:
        emit(
            f"{file}:{flaw.line}: {flaw.rule}: {flaw.message} ({flaw.severity})"
            for file, of in found.items()
            for flaw in of
        )
    all_flaws = [flaw for of in found.values() for flaw in of]
    fails = any(flaw.severity == "error" or args.strict for flaw in all_flaws)
    return _LINT_FAILED if fails else 0


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.md"))
        else:
            yield path


def _flaws(path: Path) -> tuple[Flaw, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8; save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    return flaws(text, path=path.absolute().as_posix(), exists=lambda target: (path.parent / target).exists())


async def _shelf(args: argparse.Namespace, *, tree: str | None = None, settings: RunSettings | None = None) -> _Shelf:
    root = locate(args.repo)
    git = open_repository(root)
    chosen = settings or load(root, Flags()).run
    if tree is None:
        head = await git.resolve("HEAD")
        tree = await git.tree_of(head) if head is not None else await git.amend_tree(None, {})
    advice = Advice(git, folders=chosen.guides, lessons=chosen.lessons)
    own, rules = await advice.of_repository(tree), await OwnRules(git).of(tree)
    return _Shelf(git=git, advice=advice, tree=tree, own=own, rules=rules)


async def _matched(args: argparse.Namespace) -> tuple[_Shelf, tuple[Guide, ...], Chosen]:
    if len(args.what) == 1 and (args.run or all_runs(locate(args.repo))):
        with open_run(args.repo, args.run) as run:
            named = any(args.what[0].upper() == status.task.id.upper() for status in run.store.tasks())
            if named or _TASK.fullmatch(args.what[0]):
                return await _of_task(args, run)
    shelf = await _shelf(args)
    entries = await shelf.git.entries(shelf.tree)
    paths = [word for word in args.what if _is_path(word, entries)]
    words = weighed((" ".join(args.what), 1.0))
    subject = Subject(role=args.role, paths=touched(entries, paths), words=words)
    in_play = [*entries, *paths]
    general = await shelf.advice.general(shelf.tree, role=args.role, paths=in_play)
    return shelf, general, await shelf.advice.chosen(shelf.tree, subject, paths=in_play)


async def _of_task(args: argparse.Namespace, run: OpenRun) -> tuple[_Shelf, tuple[Guide, ...], Chosen]:
    """The advice of a task of a run: of its latest attempt, or as its first would begin on the run's base."""
    status, stored = task_named(run, args.what[0]), run.store.run()
    tried = run.store.attempts(status.task.id)
    git = open_repository(locate(args.repo))
    tree = tried[-1].base_tree if tried else await git.tree_of(stored.base)
    shelf = await _shelf(args, tree=tree, settings=stored.settings)
    spec = await spec_of(run.folder, run.store, git)
    key = tried[-1].key if tried else AttemptKey(task=status.task.id)
    job = Job(key=key, task=status.task, spec=spec, rung=status.rung or "flash", base_tree=tree)
    general = await shelf.advice.general(tree, role=args.role, paths=await shelf.advice.in_play(job))
    return shelf, general, await shelf.advice.near(job, role=args.role)


def _is_path(word: str, entries: Container[str]) -> bool:
    return "/" in word or "*" in word or word in entries or bool(Path(word).suffix)


def _refuse(args: argparse.Namespace) -> None:
    if args.what:
        raise UsageError("`guides list` takes nothing more; `guides show NAME` shows one.")


def _when(guide: Guide) -> str:
    if guide.kind == "lesson":
        return "its paths"
    if guide.keywords:
        return "its subject"
    return (
        "its languages"
        if guide.globs
        else "every task"
        if not guide.roles or "worker" in guide.roles
        else guide.roles[0]
    )


def _applies(rule: Rule) -> str:
    if rule.when == "paths":
        return ", ".join(rule.globs)
    if rule.when == "described":
        return "its subject"
    return f"{rule.folder}/" if rule.folder else "everywhere"


def _tokens(text: str) -> int:
    return round(len(text) / CHARACTERS_PER_TOKEN)


def _guide(guide: Guide) -> dict[str, object]:
    return {
        "name": guide.name,
        "kind": guide.kind,
        "from": guide.place or "agentctl",
        "description": guide.description,
        "globs": guide.globs,
        "roles": guide.roles,
        "keywords": guide.keywords,
        "tokens": guide.tokens,
    }


def _rule(rule: Rule) -> dict[str, object]:
    return {"path": rule.path, "applies": _applies(rule), "description": rule.description, "tokens": _tokens(rule.text)}


def _match(shelf: _Shelf, general: Sequence[Guide], chosen: Chosen) -> dict[str, object]:
    return {
        "every_task": {
            "guides": [_guide(each) for each in general],
            "rules": [_rule(each) for each in shared(shelf.rules)],
        },
        "this_task": {
            "guides": [_guide(each.guide) | {"score": each.score, "why": each.why} for each in chosen.choices],
            "rules": [_rule(each) for each in chosen.rules],
        },
    }


def _flaw(flaw: Flaw) -> dict[str, object]:
    return {"line": flaw.line, "rule": flaw.rule, "severity": flaw.severity, "message": flaw.message}
