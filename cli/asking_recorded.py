"""How workers' questions travel in a run, as choices: a replay has them travel as they did when it was recorded."""

from collections.abc import Mapping
from dataclasses import replace

from ..orchestrator.consulting import CONSULT
from ..orchestrator.nouns.events import Chosen
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.reopening import LEFT_AT, REOPENED
from ..orchestrator.rules.ranking import ALIKE

LEADS = "lead_answers"
"""The choice that says that leads see questions first."""
ADVICE = "advice"
"""The choice that holds how often a worker may ask for advice in one attempt."""
WAIT = "wait_minutes"
"""The choice that holds how long a question with a default waits for a person."""
OBEYED = (CONSULT, ALIKE, REOPENED, LEFT_AT)
"""Prefixes of the choices that timing made, which a replay obeys."""


def asking_choices(settings: RunSettings) -> list[Chosen]:
    """What a replay has to know; nothing where questions travel as they always did."""
    said = {
        LEADS: "1" if settings.lead_answers else "",
        ADVICE: str(settings.advice or ""),
        WAIT: str(settings.wait_minutes or ""),
    }
    return [Chosen(key=key, value=value) for key, value in said.items() if value]


def asked_as_recorded(settings: RunSettings, choices: Mapping[str, str]) -> RunSettings:
    """The settings of a replay: older recordings have neither leads that answer nor advice."""
    return replace(
        settings,
        lead_answers=LEADS in choices,
        advice=int(choices.get(ADVICE, 0)),
        wait_minutes=float(choices.get(WAIT, 0)),
    )
