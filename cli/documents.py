"""What `--json` prints: the documents other programs read. Their keys only ever grow."""

from collections.abc import Sequence

from ..orchestrator.nouns.delivery import Opened
from ..orchestrator.rules.ranking import cause, reasons, taken_at
from ..tui.inbox import Ranked
from ..tui.snapshot import Snapshot
from .asked import Inbox
from .outcome import branch


def status_document(snapshot: Snapshot, *, live: bool) -> dict[str, object]:
    """A run as it stands."""
    run = snapshot.run
    return {
        "run": run.id,
        "state": run.state,
        "reason": run.reason,
        "live": live,
        "title": run.title,
        "spec": run.spec_id,
        "base": run.base,
        "branch": branch(run.id),
        "profile": run.settings.profile,
        "replay": run.settings.replay,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "landed": snapshot.landed,
        "teams": [{"id": team.id, "purpose": team.purpose, "tasks": team.tasks} for team in snapshot.teams],
        "questions": snapshot.open,
        "paused": snapshot.hands.pauses,
        "taken": snapshot.hands.taken,
        "wishes": snapshot.wishes,
        "pulls": [pull_document(pull) for pull in snapshot.pulls],
        "ledger": snapshot.ledger,
        "cap_usd": snapshot.cap_usd,
        "building_since": snapshot.building_since,
    }


def pull_document(pull: Opened) -> dict[str, object]:
    """A pull request of a run, as it was left."""
    return {
        "slice": pull.name,
        "number": pull.number,
        "url": pull.url,
        "title": pull.title,
        "state": pull.state,
        "base": pull.base,
        "head": pull.head,
    }


def inbox_document(found: Sequence[Inbox]) -> dict[str, object]:
    """The questions of one run or of several; ``run`` is null where they are of none or of several."""
    questions = [
        {"run": inbox.run, "blocks": each.blocks, **asked_document(each), **_standing(each, inbox.now)}
        for inbox in found
        for each in inbox.ranked
    ]
    return {"run": found[0].run if len(found) == 1 else None, "questions": questions}


def _standing(ranked: Ranked, now: float) -> dict[str, object]:
    """Why a question stands where it stands."""
    return {
        "minutes": ranked.minutes,
        "askers": ranked.askers,
        "held": ranked.held,
        "cause": cause(ranked.asked.question),
        "reasons": reasons(ranked, now=now) if ranked.asked.answer is None else "",
        "taken_at": taken_at(ranked.asked),
    }


def asked_document(ranked: Ranked) -> dict[str, object]:
    """One question."""
    asked = ranked.asked
    return {
        "id": asked.id,
        "at": asked.at,
        "question": asked.question,
        "answer": asked.answer,
        "answered_by": asked.answered_by,
        "answered_at": asked.answered_at,
    }
