"""What a person's hands come to, fact by fact, and which of it reaches a prompt. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..nouns.events import Event, Landed
from ..nouns.hand_facts import (
    Amended,
    AutonomySet,
    FollowAsked,
    PathsAllowed,
    PauseAsked,
    PauseEnded,
    Preferred,
    RetryAsked,
    RevertAsked,
    Steered,
    Submitted,
    TaskGivenBack,
    TaskTaken,
    Widened,
    WorkTreeMade,
)
from ..nouns.hands import Allowed, Amendment, Follow, Hands, Pause, Retry, Sentence, Submission, Taken, Widening, Wish
from ..nouns.keys import AttemptKey

FACTS = (
    Amended,
    AutonomySet,
    FollowAsked,
    Landed,
    PathsAllowed,
    PauseAsked,
    PauseEnded,
    Preferred,
    RetryAsked,
    RevertAsked,
    Steered,
    Submitted,
    TaskGivenBack,
    TaskTaken,
    Widened,
    WorkTreeMade,
)
"""The facts that are folded here."""

STEERING = "steer:"
"""Prefix of the choices that say which turn of an attempt first heard a sentence, and the sentence."""
ENDED = "hand:"
"""Prefix of the choices that say after how many turns a person's hand ended an attempt."""
RUNG = "rung:"
"""Prefix of the choices that hold the rung of an attempt that a person chose."""
CALLED_BACK = "called:"
"""Prefix of the choices that say that a green attempt went on after that turn, for a sentence it had not heard."""
GIVEN = "given:"
"""Prefix of the choices that hold what a person changed, which a replay has no folder to read from."""


def after(hands: Hands, event: Event) -> Hands:  # noqa: C901, PLR0911, PLR0912 - one case a kind of fact
    """What stands once this has happened; a fact of another kind changes nothing."""
    fact, by, at = event.fact, event.author, event.at
    match fact:
        case Steered(task=task, text=text):
            return replace(hands, said=(*hands.said, Sentence(task=task, text=text, by=by, at=at)))
        case PauseAsked():
            return _paused(hands, Pause(task=fact.task or "", by=by, at=at))
        case PauseEnded(task=None):
            return replace(hands, pauses=())
        case PauseEnded():
            return replace(hands, pauses=tuple(each for each in hands.pauses if each.task != fact.task))
        case RetryAsked(task=task, attempt=attempt, rung=rung):
            asked = Retry(task=task, attempt=attempt, rung=rung, by=by, at=at)
            return replace(hands, retries=(*(each for each in hands.retries if each.task != task), asked))
        case TaskTaken(task=task, attempt=attempt):
            return _taken(hands, Taken(task=task, attempt=attempt, by=by, at=at))
        case WorkTreeMade():
            return replace(hands, taken=tuple(_in_its_folder(each, fact) for each in hands.taken))
        case Landed(landings=landings):
            done = {landing.key.task for landing in landings}
            return replace(hands, taken=tuple(each for each in hands.taken if each.task not in done))
        case TaskGivenBack():
            return replace(hands, taken=tuple(each for each in hands.taken if each.task != fact.task))
        case PathsAllowed(task=task, paths=paths):
            return replace(hands, allowed=(*hands.allowed, Allowed(task=task, paths=paths, by=by)))
        case Widened():
            return _widened(hands, Widening(key=fact.key, question=fact.question, paths=fact.paths, by=by))
        case Amended(number=number, requirement=requirement, text=text):
            added = Amendment(number=number, requirement=requirement, text=text, by=by, at=at)
            return replace(hands, amendments=(*hands.amendments, added))
        case RevertAsked(number=number, task=task, why=why):
            return replace(hands, reverts=(*hands.reverts, Wish(number=number, task=task, why=why, by=by, at=at)))
        case FollowAsked():
            return replace(hands, follows=(*hands.follows, _follow(fact, by=by, at=at)))
        case Preferred(task=task, off=off):
            others = tuple(each for each in hands.preferred if each != task)
            return replace(hands, preferred=others if off else (*others, task))
        case AutonomySet():
            return after_word(hands, fact)
        case Submitted():
            return replace(hands, submissions=(*hands.submissions, _submission(fact, by=by, at=at)))
        case _:
            return hands


def after_word(hands: Hands, word: AutonomySet) -> Hands:
    """What stands once a person has said how much is decided without them."""
    return replace(hands, autonomy={**(hands.autonomy if word.team else {}), word.team: word.autonomy})


def _paused(hands: Hands, pause: Pause) -> Hands:
    """Pausing what is paused is no news: who did it first, and when, stands."""
    if any(each.task == pause.task for each in hands.pauses):
        return hands
    return replace(hands, pauses=(*hands.pauses, pause))


def _widened(hands: Hands, widening: Widening) -> Hands:
    """An attempt is told an answer once, however often a kill has it told again."""
    if any((each.key, each.question) == (widening.key, widening.question) for each in hands.widened):
        return hands
    return replace(hands, widened=(*hands.widened, widening))


def _taken(hands: Hands, taken: Taken) -> Hands:
    return replace(hands, taken=(*(each for each in hands.taken if each.task != taken.task), taken))


def _in_its_folder(taken: Taken, made: WorkTreeMade) -> Taken:
    if taken.task != made.task:
        return taken
    return replace(taken, folder=made.folder, base_tree=made.base_tree, tree=made.tree)


def _follow(fact: FollowAsked, *, by: str, at: float) -> Follow:
    return Follow(number=fact.number, commit=fact.commit, branch=fact.branch, force=fact.force, by=by, at=at)


def _submission(fact: Submitted, *, by: str, at: float) -> Submission:
    return Submission(
        task=fact.task,
        attempt=fact.attempt,
        base_tree=fact.base_tree,
        tree=fact.tree,
        patch=fact.patch,
        author=fact.author,
        by=by,
        at=at,
    )


def heard_by(key: AttemptKey, number: int) -> str:
    """The name of the choice that says which turn of an attempt heard its task's sentence of that number, from 1."""
    return f"{STEERING}{key}:{number}"


def heard_in(turn: int, text: str) -> str:
    """The value of such a choice."""
    return f"{turn} {text}"


def sentences(values: Iterable[str]) -> tuple[tuple[int, str], ...]:
    """The turns and the sentences of such choices; raises ValueError on anything else."""
    found = (value.partition(" ") for value in values)
    return tuple((int(turn), text) for turn, _, text in found)


def in_opening(steering: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """The sentences that stand in an attempt's first prompt."""
    return tuple(text for turn, text in steering if turn == 0)


def in_turn(steering: Sequence[tuple[int, str]], turn: int) -> tuple[str, ...]:
    """The sentences that come with a later turn."""
    return tuple(text for heard, text in steering if heard == turn and turn > 0)


def ended_at(key: AttemptKey) -> str:
    """The name of the choice that says after how many turns a person's hand ended this attempt."""
    return f"{ENDED}{key}"


def called_back(key: AttemptKey, turn: int) -> str:
    """The name of the choice that says that this attempt, green after that turn, went on for a sentence."""
    return f"{CALLED_BACK}{key}:{turn}"


def rung_of(task: str, attempt: int) -> str:
    """The name of the choice that holds the rung a person gave that attempt."""
    return f"{RUNG}{task}:{attempt}"
