"""The dashboard: each team on a line, its tasks below it, and what waits for a person beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...orchestrator.nouns.runs import TaskState, TaskStatus
from ...orchestrator.rules.ranking import reasons
from ..entries import Entry, Span, columns, entry, short, wrapped
from ..look import Look
from ..snapshot import GLYPHS, WORDS, TeamView, ahead, counted, duration, mark, tried

_COUNTED: tuple[TaskState, ...] = ("working", "parked", "queued", "ready", "blocked", "dropped")
_BAR = 8
"""Cells of the bar of a team's landed tasks."""
_NAME = 14
_TITLE = 44
_LINES_LATELY = 2
"""Of an event beside the dashboard."""
_DESK = "desk"
"""The profile whose prompts a person answers."""


def rows(look: Look, *, folded: frozenset[str], wanted: str, width: int) -> list[Entry]:
    """Teams and tasks; ``folded`` teams show no tasks, ``wanted`` leaves those whose line has these words."""
    shown: list[Entry] = []
    for team in look.snapshot.teams:
        tasks = [_task(look, status, width) for status in team.tasks if team_key(team.id) not in folded]
        fitting = [line for line in tasks if wanted.lower() in line.text.lower()]
        head = _team(look, team, folded=team_key(team.id) in folded, width=width)
        if not wanted or fitting or wanted.lower() in head.text.lower():
            shown += [head, *fitting]
    if not look.snapshot.teams:
        shown.append(entry((_before_teams(look), "dim")))
    elif not shown:
        shown.append(entry((f"nothing here has `{short(wanted, 40)}`; esc shows all", "dim")))
    return shown


def team_key(team: str) -> str:
    """What the cursor stands on at a team's line."""
    return f"team:{team}"


def beside(look: Look, *, lately: Sequence[str], width: int) -> list[Entry]:
    """The questions that wait, the most urgent first, and below them what happened ``lately``, the last first."""
    waiting = [each for each in look.ranked if not each.held]
    later = len(look.ranked) - len(waiting)
    lines = [entry(("NEEDS YOU", "bold"), f"  {len(waiting)}" if waiting else "  nothing")]
    for each in waiting[:6]:
        text = short(each.asked.question.text, 2 * width)
        lines.append(columns([(f"{each.asked.id} ", "warm"), (text, "")], "", width=width, key=each.asked.id))
        lines += wrapped(reasons(each, now=look.now), width, style="dim", indent="  ")[:2]
    if later:
        lines.append(entry((f"{later} held for the digest", "dim")))
    if look.snapshot.run.settings.profile == _DESK and (prompts := look.snapshot.ledger.in_flight):
        lines += wrapped(f"{counted(prompts, 'prompt')} at the desk, `agentctl desk next`: you are the model", width)
    told = [line for text in reversed(lately) for line in wrapped(text, width, style="dim")[:_LINES_LATELY]]
    return [*lines, entry(), entry(("LATELY", "bold")), *told]


def _before_teams(look: Look) -> str:
    if look.snapshot.finished:
        return "nothing was built"
    return "no plan yet: the planner is at work" if not look.snapshot.open else "no plan yet: a question waits (i)"


def _team(look: Look, team: TeamView, *, folded: bool, width: int) -> Entry:
    states = [status.state for status in team.tasks]
    counts: list[Span] = [
        (f" {GLYPHS[state]}{number} {WORDS[state]}", state) for state in _COUNTED if (number := states.count(state))
    ]
    done = _BAR * team.landed // len(team.tasks)
    usd = sum(look.spent[status.task.id].usd for status in team.tasks if status.task.id in look.spent)
    right = f"{team.landed}/{len(team.tasks)} ${usd:.2f}"
    left = [
        ("> " if folded else "v ", "dim"),
        (f"{short(team.id, _NAME):<{_NAME}} ", "bold"),
        ("█" * done, "landed"),
        ("░" * (_BAR - done), "dim"),
        *counts,
    ]
    return columns(left, right, width=width, key=team_key(team.id), style="")


def _task(look: Look, status: TaskStatus, width: int) -> Entry:
    glyph, word, held = mark(status, look.snapshot.hands)
    ledger = look.spent.get(status.task.id)
    right = f"${ledger.usd:.2f} {_tokens(ledger.prompt + ledger.completion)}" if ledger else ""
    doing = held or ("" if status.state == "landed" else short(status.activity, 160))
    left = [
        (f"  {glyph} {word:<8}", status.state),
        (f"{short(status.task.id, 12):<6}", "bold"),
        (short(status.task.title, _TITLE), ""),
        (tried(status), "dim"),
        (f"  {doing}" if doing else "", "dim"),
    ]
    return columns(left, right, width=width, key=status.task.id)


def _tokens(number: int) -> str:
    return f"{number / 1000:.0f}k" if number >= 1000 else str(number)  # noqa: PLR2004 - what k stands for


def header(look: Look, *, played: str = "", looks: bool = False, width: int) -> Entry:
    """The run in words on one line; what needs a person comes first, and what does not fit is left out from the end.

    ``played`` says where a replay of it is; ``looks``: that no key changes it.
    """
    snapshot, run = look.snapshot, look.snapshot.run
    waiting = sum(not each.held for each in look.ranked)
    parts: list[Span] = [(played, "warm")] if played else []
    parts += [("looks only", "warm")] if looks else []
    if waiting and not played:
        parts.append((f"{waiting} need{'s' if waiting == 1 else ''} you", "warm"))
    if not look.live and not snapshot.finished:
        parts.append(("nothing drives it", "bad"))
    parts += _figures(look)
    recorded = run.settings.replay or run.settings.profile == "replay"
    said: list[Span] = [(f"{run.id} ", "bold"), (f"{run.state} ", "bold")]
    said += [("recorded answers ", "warm")] if recorded else []
    used = sum(len(text) for text, _ in said)
    for part, style in parts:
        if used + len(part) + 3 > width:
            break
        said += [("· ", "dim"), (f"{part} ", style)]
        used += len(part) + 3
    return columns(said, short(run.title, width - used - 1) if width - used > 12 else "", width=width)  # noqa: PLR2004 - a title of a word or two


def _figures(look: Look) -> Iterator[Span]:
    snapshot, run = look.snapshot, look.snapshot.run
    yield f"{snapshot.landed}/{len(snapshot.tasks)} landed", ""
    yield f"${snapshot.ledger.usd:.2f} of ${snapshot.cap_usd:.2f}", ""
    yield duration((run.finished_at or look.now) - run.created_at), ""
    if look.live and (words := ahead(snapshot, now=look.now)):
        yield words, ""
    flight = snapshot.ledger.in_flight
    if flight:
        yield f"{flight} call{'' if flight == 1 else 's'} in flight", ""
