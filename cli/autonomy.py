"""How much is decided without a person: what holds for whom, and a person's word that changes it."""

import argparse
from collections.abc import Iterator
from typing import get_args

from ..orchestrator.consulting import BY_AUTONOMY
from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.events import QuestionAnswered
from ..orchestrator.nouns.hand_facts import AutonomySet
from ..orchestrator.nouns.questions import Asked, Autonomy
from ..orchestrator.rules.asking import policy_answer
from ..orchestrator.rules.autonomy import autonomy_of
from ..orchestrator.rules.hands import after_word
from ..orchestrator.store.folder import find
from ..tui.clean import clean
from .by_hand import do, in_hand
from .output import emit, emit_json
from .repository import OpenRun, locate, opened

LEVELS: tuple[Autonomy, ...] = get_args(Autonomy)


def tell(args: argparse.Namespace) -> int:
    """What holds for the run and for each of its teams."""
    with opened(find(locate(args.repo), args.run)) as run:
        hands, settings = run.store.hands(), run.store.run().settings
        levels = {team: autonomy_of(team, hands=hands, settings=settings) for team in ("", *_teams(run))}
    if args.json:
        emit_json({"run": levels.pop(""), "teams": levels})
    else:
        emit([f"{clean(team) or 'the run'}: {level}" for team, level in levels.items()])
    return 0


def set_level(args: argparse.Namespace) -> int:
    """From here on. Raises UsageError for a level or a team that there is not."""
    level = next((each for each in LEVELS if each == args.level), None)
    if level is None:
        raise UsageError(f"`{clean(args.level, width=40)}` is no level: choose one of {', '.join(LEVELS)}.")
    with in_hand(args) as run:
        team = _team_named(run, args.team) if args.team else ""
        word = AutonomySet(autonomy=level, team=team)
        taken = list(_decided_by(word, run)) if level == "never" else []
        whose = f"team {clean(team)}" if team else "every team"
        words = [f"{whose}: {level} from here on", *(f"{asked.id}: {clean(answer)}" for asked, answer in taken)]
        do(args, run, word, words="\n".join(words))
        for asked, answer in taken:
            run.store.append(QuestionAnswered(key=asked.question.key, answer=answer), author=BY_AUTONOMY)
    return 0


def _decided_by(word: AutonomySet, run: OpenRun) -> Iterator[tuple[Asked, str]]:
    """The open questions that nobody has to answer once this is said, and what is taken."""
    hands = after_word(run.store.hands(), word)
    teams = {status.task.id: status.task.team for status in run.store.tasks()}
    for asked in run.store.questions(only_open=True):
        team = teams.get(asked.question.task, "")
        level = autonomy_of(team, hands=hands, settings=run.store.run().settings)
        answer = policy_answer(asked.question, level)
        if answer is not None and level == "never":
            yield asked, answer


def _teams(run: OpenRun) -> tuple[str, ...]:
    return tuple(dict.fromkeys(status.task.team for status in run.store.tasks() if status.task.team))


def _team_named(run: OpenRun, name: str) -> str:
    teams = _teams(run)
    found = next((team for team in teams if team.lower() == name.lower()), None)
    if found is None:
        there = f"it has {', '.join(map(clean, teams))}" if teams else "it has no teams yet"
        raise UsageError(f"Run {run.folder.run} has no team `{clean(name, width=40)}`: {there}.")
    return found
