"""A plan in the person's editor, opened again with what is wrong at its lines until it holds, as visudo does."""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ..orchestrator.errors import AgentctlError, UsageError
from ..orchestrator.nouns.plan import Conflict, Finding, Plan, SpecView
from ..tui.clean import clean
from . import planfile, processes
from .output import say
from .repository import OpenRun

MARK = "#!! "
"""How a line begins that says what is wrong; such lines are taken out when the text is read."""
_KEYS = {
    "owned path": "owns",
    "owns": "owns",
    "requirement": "requirements",
    "covers": "requirements",
    "needs": "needs",
    "circle": "needs",
    "team": "team",
    "minutes": "minutes",
    "ladder": "ladder",
    "goal": "goal",
    "task id": "id",
}
"""Words of findings, and the key of a task they are about; the first that is found counts."""

Check = Callable[[Plan], Sequence[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What the run itself will find in an edited plan: what is wrong with it, and what it only tells."""

    wrong: Check
    foreseen: Callable[[Plan], Sequence[Conflict]]


def edited(plan: Plan, question: str, *, folder: Path, check: Checks) -> str | None:
    """The answer to ``question`` after the person edited the plan, None if they left it as it was.

    A text that did not hold is opened again, but never for another question: that is about another plan. Conflicts
    that are foreseen in one that holds are said, and stop nothing.

    Raises:
        UsageError: the editor failed, or the text was left as it was though something is wrong; it stays in its file.
    """
    draft = folder / f"plan.{question}.toml"
    text = draft.read_text(encoding="utf-8", errors="replace") if draft.exists() else planfile.render(plan)
    while True:
        shown = text
        text, path = processes.edit(shown, folder=folder, name=draft.name)
        bare = without_marks(text)
        changed, wrong = read(bare, check.wrong)
        if not wrong:
            break
        if bare == without_marks(shown):
            listed = "; ".join(message for _, message in wrong)
            raise UsageError(f"{listed} Your text is kept in {path}; edit the plan again to go on with it.")
        say(f"{len(wrong)} things are wrong with the plan: see the lines that begin with {MARK.strip()}")
        text = with_marks(bare, wrong)
    path.unlink(missing_ok=True)
    if changed is None or changed == plan:
        say("The plan stays as it was.")
        return None
    _say_foreseen(changed, check)
    return f"edited: {msgspec.json.encode(changed).decode()}"


def _say_foreseen(plan: Plan, check: Checks) -> None:
    try:
        found = check.foreseen(plan)
    except (AgentctlError, OSError):
        return  # the run foresees them itself, and tells them where it asks about the plan
    for each in found:
        say(f"foreseen: {clean(each.message)}")


def checks(run: OpenRun, root: Path, shown: Plan) -> Checks:
    """What the run itself will ask of an edited plan, on the tree it starts from."""
    import asyncio  # this module is imported by commands that answer questions, which need none of these

    from ..orchestrator.foreseeing import Foreseeing
    from ..orchestrator.git.opening import open_repository
    from ..orchestrator.rules.checks import assign_checks
    from ..orchestrator.rules.critical_path import acyclic
    from ..orchestrator.rules.plan_check import check_plan
    from ..orchestrator.rules.revision import findings as check_revision
    from ..orchestrator.run_view import START, earlier_of
    from .built_before import spec_of

    store = run.store
    start, earlier = store.choice(START), earlier_of(store)

    async def ground() -> tuple[SpecView, tuple[str, ...]]:
        git = open_repository(root)
        paths = await git.entries(await git.tree_of(start)) if start is not None else ()
        return await spec_of(run.folder, store, git), tuple(paths)

    view, paths = asyncio.run(ground())

    def wrong(plan: Plan) -> Sequence[Finding]:
        whole = replace(plan, kept=shown.kept, dropped=shown.dropped)
        whole = assign_checks(whole, view.locked) if acyclic(whole) else whole
        return check_plan(whole, view, paths) if earlier is None else check_revision(whole, earlier, view, paths)

    def foreseen(plan: Plan) -> Sequence[Conflict]:
        return asyncio.run(Foreseeing(git=open_repository(root)).conflicts(plan, view, start or ""))

    return Checks(wrong=wrong, foreseen=foreseen)


def read(text: str, check: Check) -> tuple[Plan | None, list[tuple[int, str]]]:
    """The plan of a text (None for an empty one), and what is wrong, each with its line from 1."""
    try:
        plan = planfile.parse(text)
    except UsageError as error:
        return None, [(_line_of_error(text, str(error)), clean(str(error)))]
    if plan is None:
        return None, []
    try:
        found = check(plan)
    except (AgentctlError, OSError) as error:
        say(f"the plan could not be checked here, the run will do it: {clean(str(error), width=200)}")
        found = ()
    return plan, [(_line_of(text, each), clean(each.message)) for each in found]


def without_marks(text: str) -> str:
    """The text as the person wrote it."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(MARK))


def with_marks(text: str, wrong: Sequence[tuple[int, str]]) -> str:
    """The text with what is wrong above the lines concerned; at the top where that would change what it means."""
    lines = text.splitlines(keepends=True)
    at: dict[int, list[str]] = {}
    for line, message in wrong:
        at.setdefault(min(max(line, 1), len(lines) or 1), []).append(f"{MARK}{message}\n")
    marked = "".join("".join([*at.get(number, []), line]) for number, line in enumerate(lines, start=1))
    if _meaning(marked) == _meaning(text) and without_marks(marked) == text:
        return marked
    return "".join(f"{MARK}line {line}: {message}\n" for line, message in wrong) + text


def _meaning(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _line_of_error(text: str, message: str) -> int:
    if found := re.search(r"at line (\d+)", message):
        return int(found[1])
    if found := re.search(r"[Tt]ask (\S+)", message):
        key = re.search(r"`(\w+)`", message)
        return _in_task(text, found[1].rstrip(","), key[1] if key else "id")
    return 1


def _line_of(text: str, finding: Finding) -> int:
    if finding.task is None:
        return 1
    said = finding.message.lower()
    return _in_task(text, finding.task, next((key for word, key in _KEYS.items() if word in said), "id"))


def _in_task(text: str, task: str, key: str) -> int:
    """The line of a key in the table of a task; that of its id where it has no such key, 1 where there is no task."""
    place, begin = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[\[?\w+\]\]?", line):
            if begin:
                return place
        elif re.match(rf'\s*id\s*=\s*["\']{re.escape(task)}["\']', line):
            place = begin = number
        elif begin and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return place
