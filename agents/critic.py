"""The critic: one Flash call that reads a green patch, and one that chooses between several. It judges nothing itself.

What of its answer counts is decided by code (orchestrator.rules.review). An answer that cannot be read is Malformed and
is not asked for again: nothing waits for a critic.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ..orchestrator.nouns.keys import AttemptKey, CallKey
from ..orchestrator.nouns.reviews import Claim, Opinion
from ..orchestrator.rules.review import MOST_CLAIMS, MOST_NOTES, changed_lines
from .decided import decided
from .digest import canonical
from .fences import fence, plain, without_holdouts
from .models.errors import Malformed
from .models.port import Message, Request
from .prompting import load_prompt
from .steered import steered
from .survey import cut, is_test

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..orchestrator.nouns.plan import Requirement
    from ..orchestrator.nouns.reviews import Reading, Shown
    from ..orchestrator.ports import Job
    from .advice import Advice
    from .models.port import Json, Model

T = TypeVar("T")
ROLE = "critic"
CHOICE = "critic.choice"
_DIFF = 24_000
"""Characters of a patch that are shown; the patches of a choice share it."""
_ADVICE = 2_400
"""Characters of the repository's own guides."""
_TESTS = 60
_TOKENS = 3_000
_SENTENCE = 400
_CLAIM = ("requirement", "quote", "line", "test", "why")
_AGAIN = "Its author has worked on. Say anew what is wrong with the patch as it is now; what was mended is forgotten.\n"
_FILE = re.compile(r"^(?=diff --git )", re.MULTILINE)
_TEXT: Json = {"type": "string"}


def _object(**properties: Json) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


OPINION = _object(
    claims={"type": "array", "items": _object(requirement=_TEXT, quote=_TEXT, line=_TEXT, test=_TEXT, why=_TEXT)},
    advice={"type": "array", "items": _TEXT},
)
PREFERENCE = _object(choice={"type": "integer"}, why=_TEXT)


class ModelCritic:
    """A Critic that asks a model; ``model`` is a Caller, so that no review is paid for twice."""

    def __init__(self, model: Model, *, advice: Advice | None = None) -> None:
        self._model = model
        self._advice = advice

    async def read(self, job: Job, shown: Shown, *, before: Sequence[Reading], turn: int) -> Opinion:
        """What speaks against a patch. Raises Malformed, and what the model raises."""
        key = CallKey(attempt=job.key, role=ROLE, turn=turn)
        guides, own = await self._told(job)
        reply = await self._model.complete(key, read_request(job, shown, before=before, guides=guides, own=own))
        return read_opinion(reply.text)

    async def _told(self, job: Job) -> tuple[tuple[str, ...], str]:
        if self._advice is None:
            return (), ""
        paths = await self._advice.in_play(job)
        return await self._advice.of_role(job.base_tree, role=ROLE, paths=paths, limit=_ADVICE)

    async def choose(self, job: Job, diffs: Mapping[AttemptKey, str]) -> AttemptKey | None:
        """The rollout it would merge. Raises Malformed, and what the model raises."""
        of_task = AttemptKey(task=job.key.task, attempt=job.key.attempt)
        reply = await self._model.complete(CallKey(attempt=of_task, role=CHOICE, turn=0), choice_request(job, diffs))
        number = _decoded(reply.text, _Preference).choice
        return next((key for key in diffs if key.rollout == number), None)


def read_request(
    job: Job, shown: Shown, *, before: Sequence[Reading] = (), guides: Sequence[str] = (), own: str = ""
) -> Request:
    """Asks for an opinion: what was wanted first, then what was seen, the patch last. Pure.

    A second look at an attempt goes on where the first one ended, so that only what is new costs anything. ``guides``
    are ours, ``own`` are the repository's.
    """
    first, *later = [*(each.shown for each in before), shown]
    messages = [*_opening("critic", [own, *_wanted(job), *_patch(job, first)], advice=guides)]
    passed = first.passed
    for reading, since in zip(before, later, strict=True):
        messages.append(Message(role="assistant", text=_said_before(reading.opinion)))
        messages.append(Message(role="user", text=_since(job, since, passed)))
        passed = since.passed
    return _request(messages, schema=OPINION)


def _patch(job: Job, shown: Shown) -> list[str]:
    seen = f"# What passed on it\n\n{fence(_green(job, shown), 'tests')}" if shown.passed else ""
    return [seen, f"# The patch\n\n{fence(cut(_sources(shown.diff), _DIFF), 'diff')}"]


def _since(job: Job, shown: Shown, passed: Sequence[str]) -> str:
    """What is new since the critic was last shown something, and the tests that have passed since."""
    new = replace(shown, passed=tuple(test for test in shown.passed if test not in set(passed)))
    seen = f"# What passed that did not before\n\n{fence(_green(job, new), 'tests')}\n" if new.passed else ""
    diff = fence(cut(_sources(shown.diff), _DIFF), "diff") if shown.diff.strip() else "Nothing.\n"
    return f"{_AGAIN}\n{seen}# What has changed since\n\n{diff}"


def _said_before(opinion: Opinion) -> str:
    claims = [{name: getattr(each, name) for name in _CLAIM} for each in opinion.claims]
    return canonical({"claims": claims, "advice": list(opinion.advice)}).decode()


def choice_request(job: Job, diffs: Mapping[AttemptKey, str]) -> Request:
    """Asks which of several patches is to be merged. Pure."""
    room = _DIFF // max(len(diffs), 1)
    patches = [fence(cut(diff, room), f"patch {key.rollout}") for key, diff in sorted(diffs.items())]
    return _request(_opening("critic_choice", [*_wanted(job), "# The patches\n", *patches]), schema=PREFERENCE)


def _opening(prompt: str, parts: Sequence[str], *, advice: Sequence[str] = ()) -> tuple[Message, Message]:
    text = "\n".join(part for part in parts if part)
    system = "\n".join([load_prompt(prompt).text, *advice])
    return Message(role="system", text=system), Message(role="user", text=text)


def _request(messages: Sequence[Message], *, schema: dict[str, Json]) -> Request:
    return Request(tier="flash", messages=tuple(messages), schema=schema, max_tokens=_TOKENS, temperature=0.0)


def _green(job: Job, shown: Shown) -> str:
    """What passed: of the task's locked tests and the patch's own a line each with all of its cases; others counted."""
    cases = Counter(name.partition("[")[0] for name in shown.passed)
    near = {each.path for each in job.locked} | {_path(each) for each in _FILE.split(shown.diff)[1:]}
    named = sorted(name for name in cases if name.partition("::")[0] in near)[:_TESTS]
    lines = [f"{name} ({cases[name]} cases)" if cases[name] > 1 else name for name in named]
    more = len(cases) - len(named)
    return "\n".join([*lines, *([f"others: {more}"] if more else [])])


def _path(changed: str) -> str:
    """The path of one file's part of a diff."""
    return changed.partition("\n")[0].rpartition(" b/")[2]


def _sources(diff: str) -> str:
    """A patch in which its own test files are only counted, unless it holds nothing else."""
    files = _FILE.split(diff)[1:]
    tests = [each for each in files if is_test(_path(each))]
    if not tests or len(tests) == len(files):
        return diff
    counted = [f"{each.splitlines()[0]}\n[a test file: {changed_lines(each)} lines]\n" for each in tests]
    return "".join([*(each for each in files if each not in tests), *counted])


def _wanted(job: Job) -> list[str]:
    task = job.task
    wanted = [each for each in job.spec.requirements if each.id in task.requirements]
    listed = "\n".join(f"- {each.id} ({each.strength}): {plain(each.text)}" for each in wanted)
    goal = plain(without_holdouts(task.goal)).strip()
    return [
        f"# The task: {task.title}\n\n{goal}\n",
        f"# Its requirements\n\n{listed}\n",
        *_terms(wanted),
        *decided(job.decisions),
        *_said(job),
    ]


def _terms(wanted: Sequence[Requirement]) -> list[str]:
    """What the words of the requirements mean, as the spec says."""
    terms = dict(term for each in wanted for term in each.terms)
    listed = "".join(f"- {plain(name)}: {plain(meaning)}\n" for name, meaning in terms.items())
    return [f"# Terms in them\n\n{listed}"] if terms else []


def _said(job: Job) -> list[str]:
    """Every sentence of a person, whichever turn heard it."""
    return steered([(0, text) for _, text in job.steering])


def read_opinion(text: str) -> Opinion:
    """The opinion in an answer, cut to what is looked at; raises Malformed."""
    wire = _decoded(text, _Opinion)
    claims = tuple(
        Claim(
            requirement=each.requirement.strip(),
            quote=plain(each.quote).strip(),
            line=plain(each.line),
            test=plain(each.test),
            why=_line(each.why),
        )
        for each in wire.claims[:MOST_CLAIMS]
    )
    return Opinion(claims=claims, advice=tuple(_line(each) for each in wire.advice if each.strip())[:MOST_NOTES])


class _Claim(msgspec.Struct):
    requirement: str = ""
    quote: str = ""
    line: str = ""
    test: str = ""
    why: str = ""


class _Opinion(msgspec.Struct):
    claims: list[_Claim] = []
    advice: list[str] = []


class _Preference(msgspec.Struct):
    choice: int


def _decoded(text: str, kind: type[T]) -> T:
    start, end = text.find("{"), text.rfind("}")
    try:
        return msgspec.json.decode(text[start : end + 1].encode(), type=kind)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise Malformed(f"the critic's answer cannot be used: {error}", problems=(str(error),), said=text) from None


def _line(text: str) -> str:
    return " ".join(plain(text).split())[:_SENTENCE]
