"""The critic: one Flash call that reads a green patch, and one that chooses between several. It judges nothing itself.

It is asked where a worker of the task is: the same tools, role, guides, spec and task stand before the patch, so that a
provider's cache holds all but the patch, and the critic sees what the author was given at the beginning. It never sees
the author's work on the way. What of its answer counts is decided by code (orchestrator.rules.review). An answer that
cannot be read is Malformed and is not asked for again: nothing waits for a critic.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ..orchestrator.nouns.keys import AttemptKey, CallKey
from ..orchestrator.nouns.reviews import Claim, Opinion
from ..orchestrator.rules.review import MOST_CLAIMS, MOST_NOTES
from .decided import decided
from .fences import fence, plain, without_holdouts
from .models.errors import Malformed
from .models.port import Message, Request, ToolCall
from .patches import paths_of, sources
from .prompting import load_prompt
from .steered import asides, steered
from .survey import cut
from .tools import review
from .wanted import listed, requirements_of, terms_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from ..orchestrator.nouns.reviews import Reading, Shown
    from ..orchestrator.ports import Job
    from .advice import Advice
    from .models.port import Json, Model, Reply

    Opening = Callable[[Job], Awaitable[Request]]
    """The first request of a job's Flash worker."""

T = TypeVar("T")
ROLE = "critic"
CHOICE = "critic.choice"
_DIFF = 24_000
"""Characters of a patch that are shown; the patches of a choice share it."""
_ADVICE = 2_400
"""Characters of the repository's own guides for critics."""
_TESTS = 60
_TOKENS = 3_000
_SENTENCE = 400
_CLAIM = ("requirement", "why", "quote", "line", "test")
_NOW = """\
You are the critic of this task now. Another engineer wrote the patch below, and it has passed the gate. Read it as
"When you are the critic" says, and answer with calls of `review` alone.
"""
_AGAIN = """\
Its author has worked on. As the critic, say anew with `review` what is wrong with the patch as it is now.
"""
_HEARD = "The author was told."
_UNUSABLE = "the critic's answer cannot be used"
_TEXT: Json = {"type": "string"}
PREFERENCE: dict[str, Json] = {
    "type": "object",
    "properties": {"choice": {"type": "integer"}, "why": _TEXT},
    "required": ["choice", "why"],
    "additionalProperties": False,
}


class ModelCritic:
    """A Critic that asks a model; ``model`` is a Caller, so that no review is paid for twice.

    Args:
        model: what answers.
        opening: what a worker of the same task is told first, and a critic before the patch.
        advice: what chooses the repository's guides for critics; None where there are none.
    """

    def __init__(self, model: Model, *, opening: Opening, advice: Advice | None = None) -> None:
        self._model = model
        self._opening = opening
        self._advice = advice

    async def read(self, job: Job, shown: Shown, *, before: Sequence[Reading], turn: int) -> Opinion:
        """What speaks against a patch. Raises Malformed, and what the model raises."""
        key = CallKey(attempt=job.key, role=ROLE, turn=turn)
        opening, own = await self._opening(job), await self._own(job)
        request = read_request(opening, job, shown, before=before, turn=turn, own=own)
        return opinion_of(await self._model.complete(key, request))

    async def _own(self, job: Job) -> str:
        """What the repository tells critics and not workers, whom the opening is for."""
        if self._advice is None:
            return ""
        return await self._advice.beside(job.base_tree, role=ROLE, known="worker", limit=_ADVICE)

    async def choose(self, job: Job, diffs: Mapping[AttemptKey, str]) -> AttemptKey | None:
        """The rollout it would merge. Raises Malformed, and what the model raises."""
        of_task = AttemptKey(task=job.key.task, attempt=job.key.attempt)
        reply = await self._model.complete(CallKey(attempt=of_task, role=CHOICE, turn=0), choice_request(job, diffs))
        number = _decoded(reply.text, _Preference).choice
        return next((key for key in diffs if key.rollout == number), None)


def read_request(
    opening: Request, job: Job, shown: Shown, *, before: Sequence[Reading] = (), turn: int = 0, own: str = ""
) -> Request:
    """Asks for an opinion, behind what a worker is asked first. Pure.

    A second look at an attempt goes on where the first one ended, so that only what is new costs anything. What a
    person said meanwhile stands before the look that came after it.
    """
    first, *later = [*(each.shown for each in before), shown]
    since = _said_since(job, [*(each.turn for each in before), turn])
    messages = [*opening.messages, *next(since), Message(role="user", text="\n".join([_NOW, own, *_patch(job, first)]))]
    passed = first.passed
    for reading, next_one in zip(before, later, strict=True):
        messages += _said_before(reading)
        messages += next(since)
        messages.append(Message(role="user", text=_since(job, next_one, passed)))
        passed = next_one.passed
    return replace(opening, messages=tuple(messages), max_tokens=_TOKENS, temperature=0.0)


def _said_since(job: Job, turns: Sequence[int]) -> Iterator[list[Message]]:
    """What a person said before each look and after the one before it; the opening has what was said at the start."""
    said, last = asides(job.steering), 0
    for turn in turns:
        yield [message for heard, message in sorted(said.items()) if last < heard <= turn]
        last = turn


def _patch(job: Job, shown: Shown) -> list[str]:
    seen = f"# What passed on it\n\n{fence(_green(job, shown), 'tests')}" if shown.passed else ""
    return [seen, f"# The patch\n\n{fence(cut(sources(shown.diff), _DIFF), 'diff')}"]


def _since(job: Job, shown: Shown, passed: Sequence[str]) -> str:
    """What is new since the critic was last shown something, and the tests that have passed since."""
    new = replace(shown, passed=tuple(test for test in shown.passed if test not in set(passed)))
    seen = f"# What passed that did not before\n\n{fence(_green(job, new), 'tests')}\n" if new.passed else ""
    diff = fence(cut(sources(shown.diff), _DIFF), "diff") if shown.diff.strip() else "Nothing.\n"
    return f"{_AGAIN}\n{seen}# What has changed since\n\n{diff}"


def _said_before(reading: Reading) -> list[Message]:
    """An earlier answer as the calls that it was, each heard."""
    opinion = reading.opinion
    said: list[dict[str, Json]] = [
        {name: text for name in _CLAIM if (text := getattr(claim, name))} for claim in opinion.claims
    ]
    said += [{"advice": list(opinion.advice)}] if opinion.advice or not said else []
    calls = tuple(
        ToolCall(id=f"review-{reading.turn}-{number}", name=review.NAME, arguments=arguments)
        for number, arguments in enumerate(said, start=1)
    )
    heard = [Message(role="tool", text=_HEARD, call=call.id) for call in calls]
    return [Message(role="assistant", text="", calls=calls), *heard]


def choice_request(job: Job, diffs: Mapping[AttemptKey, str]) -> Request:
    """Asks which of several patches is to be merged. Pure."""
    room = _DIFF // max(len(diffs), 1)
    patches = [fence(cut(diff, room), f"patch {key.rollout}") for key, diff in sorted(diffs.items())]
    messages = (
        Message(role="system", text=load_prompt("critic_choice").text),
        Message(role="user", text="\n".join([*_wanted(job), "# The patches\n", *patches])),
    )
    return Request(tier="flash", messages=messages, schema=PREFERENCE, max_tokens=_TOKENS, temperature=0.0)


def _green(job: Job, shown: Shown) -> str:
    """What passed: of the task's locked tests and the patch's own a line each with all of its cases; others counted."""
    cases = Counter(name.partition("[")[0] for name in shown.passed)
    near = {each.path for each in job.locked} | {*paths_of(shown.diff)}
    named = sorted(name for name in cases if name.partition("::")[0] in near)[:_TESTS]
    lines = [f"{name} ({cases[name]} cases)" if cases[name] > 1 else name for name in named]
    more = len(cases) - len(named)
    return "\n".join([*lines, *([f"others: {more}"] if more else [])])


def _wanted(job: Job) -> list[str]:
    task = job.task
    wanted = requirements_of(job)
    goal = plain(without_holdouts(task.goal)).strip()
    return [
        f"# The task: {task.title}\n\n{goal}\n",
        f"# Its requirements\n\n{listed(wanted)}\n",
        *terms_of(wanted),
        *decided(job.decisions),
        *_said(job),
    ]


def _said(job: Job) -> list[str]:
    """Every sentence of a person, whichever turn heard it."""
    return steered([(0, text) for _, text in job.steering])


def opinion_of(reply: Reply) -> Opinion:
    """The opinion in a reply, cut to what is looked at; raises Malformed where nothing of it can be read.

    Calls of `review` are what is asked for. In words one JSON object will do: with ``claims`` and ``advice``, or what
    one call would have held.
    """
    calls = [call for call in reply.calls if call.name == review.NAME]
    broken = [call.error for call in calls if call.error]
    if calls and len(broken) == len(calls):
        raise Malformed(f"{_UNUSABLE}: {broken[0]}", problems=tuple(broken), said=reply.text)
    if calls:
        lost = _Said(advice=[f"one remark could not be read: {error}" for error in broken])
        return _cut([*(msgspec.convert(call.arguments, type=_Said) for call in calls if not call.error), lost])
    try:
        whole = _decoded(reply.text, _Opinion)
    except Malformed:
        return _cut([_decoded(reply.text, _Said, some=True)])
    return _cut([*whole.claims, _Said(advice=whole.advice)])


def _cut(said: Sequence[_Said]) -> Opinion:
    claims = [
        Claim(
            requirement=_line(each.requirement),
            quote=plain(each.quote).strip(),
            line=plain(each.line),
            test=plain(each.test),
            why=_line(each.why),
        )
        for each in said
    ]
    made = tuple(each for each in claims if any(getattr(each, name).strip() for name in _CLAIM))
    advice = [_line(text) for each in said for text in each.advice if text.strip()]
    return Opinion(claims=made[:MOST_CLAIMS], advice=tuple(advice[:MOST_NOTES]))


class _Said(msgspec.Struct, forbid_unknown_fields=True):
    """One call of `review`."""

    requirement: str = ""
    quote: str = ""
    line: str = ""
    test: str = ""
    why: str = ""
    advice: list[str] = []


class _Opinion(msgspec.Struct, forbid_unknown_fields=True):
    claims: list[_Said]
    advice: list[str] = []


class _Preference(msgspec.Struct):
    choice: int


def _decoded(text: str, kind: type[T], *, some: bool = False) -> T:
    """The JSON object in a text; ``some``: an empty one says nothing."""
    start, end = text.find("{"), text.rfind("}")
    try:
        found = msgspec.json.decode(text[start : end + 1].encode(), type=kind)
        if some and found == kind():
            raise msgspec.ValidationError("it says neither what is wrong nor that nothing is")
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise Malformed(f"{_UNUSABLE}: {error}", problems=(str(error),), said=text) from None
    return found


def _line(text: str) -> str:
    return " ".join(plain(text).split())[:_SENTENCE]
