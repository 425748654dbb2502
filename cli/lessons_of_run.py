"""What one run would teach: the lessons its facts propose, and what a person said of them. Reads its store only."""

from ..orchestrator.nouns.hand_facts import LessonJudged
from ..orchestrator.rules.lessons import Proposal, proposals, words_of
from .repository import OpenRun


def proposed_by(run: OpenRun) -> tuple[Proposal, ...]:
    """The lessons of a run's red gates and corrections, in the order of its tasks."""
    store = run.store
    return proposals(
        run=run.folder.run,
        tasks=[status.task for status in store.tasks()],
        attempts=store.attempts(),
        landings=store.landings(),
        events=store.events(),
        words=tuple(words_of(store.questions())),
    )


def judged_in(run: OpenRun) -> list[LessonJudged]:
    """Every word of a person about a lesson of the run, the last one last."""
    return [event.fact for event in run.store.events() if isinstance(event.fact, LessonJudged)]


def unjudged(run: OpenRun) -> tuple[str, ...]:
    """The names of the lessons that wait for a person's word."""
    judged = {fact.lesson for fact in judged_in(run)}
    return tuple(each.id for each in proposed_by(run) if each.id not in judged)
