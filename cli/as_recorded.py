"""What a replay has from its recording, as choices: the settings that shape its course, and what timing decided."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from ..agents.mcp.outside import CHOICES
from ..agents.recording import Answer
from ..orchestrator.consulting import CONSULT
from ..orchestrator.disputes import DISPUTE
from ..orchestrator.nouns.events import Chosen, Fact
from ..orchestrator.nouns.keys import RECORDED
from ..orchestrator.nouns.runs import Critique, Limits, RunSettings
from ..orchestrator.reopening import LEFT_AT, REOPENED
from ..orchestrator.rules.amending import AMENDED, REVERTS
from ..orchestrator.rules.assumptions import answered_by
from ..orchestrator.rules.following import FOLLOWS
from ..orchestrator.rules.hands import ENDED, GIVEN, RUNG, STEERING
from ..orchestrator.rules.ranking import ALIKE
from ..orchestrator.rules.widening import OFFER
from ..orchestrator.run_view import CONTRACTS, CRITIC, LADDER, WORKERS

LEADS = "lead_answers"
"""The choice that says that leads see questions first."""
ADVICE = "advice"
"""The choice that holds how often a worker may ask for advice in one attempt."""
WAIT = "wait_minutes"
"""The choice that holds how long a question with a default waits for a person."""
REPAIRS = "repairs"
"""The choice that holds how many red gates use an attempt up, where that is not the usual number."""
NEVER_SEND = "never_send"
"""The choice that holds the globs of files that no model was shown, one a line."""
TURNS = "limit-of-turns"
"""As `REPAIRS`, of turns."""

_TIMING = ("group:", "decisions:", "race:", "turns:", LADDER, WORKERS, STEERING, ENDED, RUNG, GIVEN)
_OBEYED = (CHOICES, *_TIMING, CONSULT, ALIKE, DISPUTE, REOPENED, LEFT_AT, OFFER, AMENDED, REVERTS, FOLLOWS)
"""Prefixes of the choices that a replay obeys."""


def choices_of(settings: RunSettings) -> list[Chosen]:
    """What a replay has to know of the settings; nothing where a thing is as it always was."""
    limits, usual = settings.limits, Limits()
    said = {
        WORKERS: str(limits.workers),
        CRITIC: settings.critic if settings.critic != "off" else "",
        LEADS: "1" if settings.lead_answers else "",
        ADVICE: str(settings.advice or ""),
        WAIT: str(settings.wait_minutes or ""),
        REPAIRS: str(limits.repairs) if limits.repairs != usual.repairs else "",
        NEVER_SEND: "\n".join(settings.never_send),
        TURNS: str(limits.turns) if limits.turns != usual.turns else "",
    }
    return [Chosen(key=key, value=value) for key, value in said.items() if value]


def as_recorded(settings: RunSettings, choices: Mapping[str, str]) -> RunSettings:
    """The settings of a replay: older recordings have no critic, no leads that answer and no advice.

    The ladder is the one that most tasks climbed; each climbs its own (RunView.ladder).
    """
    critic: Critique = next((each for each in get_args(Critique) if each == choices.get(CRITIC)), "off")
    usual = Limits()
    limits = replace(
        settings.limits,
        repairs=int(choices.get(REPAIRS, usual.repairs)),
        turns=int(choices.get(TURNS, usual.turns)),
    )
    climbed = Counter(choices[key] for key in sorted(choices) if key.startswith(LADDER))
    return replace(
        settings,
        ladder=tuple(climbed.most_common(1)[0][0].split(",")) if climbed else settings.ladder,
        critic=critic,
        contracts=CONTRACTS in choices,
        lead_answers=LEADS in choices,
        advice=int(choices.get(ADVICE, 0)),
        wait_minutes=float(choices.get(WAIT, 0)),
        limits=limits,
        never_send=tuple(choices.get(NEVER_SEND, "").splitlines()),
        follow="never",
    )


def obeyed(choices: Mapping[str, str], answers: Mapping[str, Answer]) -> list[Fact]:
    """What timing decided when the run was recorded, for the replay to obey, and who gave which answer."""
    decided = [Chosen(key=f"{RECORDED}{key}", value=choices[key]) for key in choices if key.startswith(_OBEYED)]
    return [*decided, *(Chosen(key=answered_by(key), value=each.author) for key, each in answers.items())]
