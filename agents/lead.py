"""The lead: one request to the Pro tier writes a team's contract. Whether it holds is for code to judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from ..orchestrator.nouns.contract import Draft, Wants
from ..orchestrator.nouns.keys import AttemptKey, CallKey
from ..orchestrator.nouns.plan import Requirement, SpecView, Task
from ..orchestrator.ports import Assignment, Git, TreeEntry
from ..orchestrator.rules.contract_needs import families_in
from ..orchestrator.rules.languages import Family
from .advice import Advice
from .caller import CallLost
from .decided import decided
from .fences import fence, plain, without_holdouts
from .lead_languages import PROMPTS, examples, prompts, runners_told
from .lead_reply import SCHEMA, read_draft
from .models.errors import BadReply, ContextOverflow, Filtered, Malformed
from .models.port import Message, Model, Request
from .models.replay import NotRecorded, RecordedFailure
from .prompting import load_prompt
from .retrieval import Ranked, Ranker, query_of
from .survey import Surveyor, cut, is_test, test_layout

ROLE = "lead"
MAX_TOKENS = 16_000
_SPEC = 60_000
_LISTING = 4_000
_SYMBOLS = 8_000
_RULES = 3_000
_EXAMPLE = 4_000
"""Characters of a test that shows the repository's style; longer ones show no more of it."""
_EXAMPLES = 2
_LOST = (BadReply, CallLost, ContextOverflow, Filtered, NotRecorded, RecordedFailure)
"""Errors of one answer: work goes on without this contract. Every other error concerns all that a run will ask."""


def lead_task(team: str) -> str:
    """The task id under which a team's lead is entered."""
    return f"team-{team}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLead:
    """A Lead that asks a model; ``git`` is the repository the base is in."""

    model: Model
    git: Git
    advice: Advice

    @property
    def version(self) -> str:
        """Changes when one of the lead's prompts or a guide does."""
        texts = [*(load_prompt(name).digest for name in PROMPTS), self.advice.version]
        return sha256("\0".join(texts).encode()).hexdigest()

    async def draft(self, assignment: Assignment) -> Draft:
        """What the lead answers; asked for once more if it cannot be read, and given up after that."""
        asked = AttemptKey(task=lead_task(assignment.wants.team), attempt=assignment.number)
        key = CallKey(attempt=asked, role=ROLE, turn=assignment.round)
        try:
            return await self._answered(key, await self.request(assignment))
        except _LOST as bad:
            return Draft(trouble=str(bad))

    async def _answered(self, key: CallKey, request: Request) -> Draft:
        reply = await self.model.complete(key, request)
        try:
            return read_draft(reply.text)
        except Malformed as malformed:
            wrong = "\n".join(f"- {problem}" for problem in malformed.problems)
        again = (
            Message(role="assistant", text=reply.text),
            Message(
                role="user", text=f"This cannot be read:\n{wrong}\n\nAnswer with the whole JSON object, corrected."
            ),
        )
        repeated = Request(
            tier=request.tier, messages=(*request.messages, *again), schema=request.schema, max_tokens=MAX_TOKENS
        )
        reply = await self.model.complete(CallKey(attempt=key.attempt, role=ROLE, turn=key.turn, step=1), repeated)
        return read_draft(reply.text)

    async def request(self, assignment: Assignment) -> Request:
        """What the model is asked; a pure function of the assignment and the objects in git."""
        spec = assignment.spec
        guides, own = await self._told(assignment)
        spoken = await self._families(assignment)
        parts = [
            f"# The spec: {plain(spec.title)}\n\n{cut(plain(without_holdouts(spec.text)).strip(), _SPEC)}\n",
            await self._repository(assignment, spoken),
            own,
            *decided(assignment.decisions),
            *_tasks(assignment),
            _wanted(assignment.wants, spec),
            *_previous(assignment),
            f"# Your answer\n\nWrite the contract of team {assignment.wants.team}. Answer with the JSON object only.\n",
        ]
        messages = (
            Message(role="system", text="\n".join([*prompts(spoken), *guides])),
            Message(role="user", text="\n".join(part for part in parts if part)),
        )
        return Request(tier="pro", messages=messages, schema=SCHEMA, max_tokens=MAX_TOKENS)

    async def _told(self, assignment: Assignment) -> tuple[tuple[str, ...], str]:
        tree = assignment.base_tree
        owned = (path for task in _team(assignment) for path in task.owns)
        paths = [*await self.git.entries(tree), *owned]
        return await self.advice.of_role(tree, role=ROLE, paths=paths, limit=_RULES)

    async def _families(self, assignment: Assignment) -> tuple[Family, ...]:
        """The languages that the contract is to be written in."""
        paths = tuple(await self.git.entries(assignment.base_tree))
        return families_in(assignment.wants, assignment.plan, assignment.spec, paths)

    async def _repository(self, assignment: Assignment, spoken: tuple[Family, ...]) -> str:
        tree, ranker = assignment.base_tree, Ranker(self.git)
        surveyor = Surveyor(self.git, ranker)
        entries = await self.git.entries(tree)
        parts = [
            "# The repository as it is\n",
            test_layout(entries) + "\n",
            runners_told(assignment.runners, spoken),
            await surveyor.files(tree, limit=_LISTING),
            await surveyor.rules(tree, limit=_RULES),
            await surveyor.symbols(tree, assignment.spec, limit=_SYMBOLS),
            *await self._examples(await ranker.rank(tree, _words(assignment)), entries, spoken),
        ]
        return "\n".join(part for part in parts if part)

    async def _examples(
        self, ranked: Sequence[Ranked], entries: Mapping[str, TreeEntry], spoken: tuple[Family, ...]
    ) -> list[str]:
        """One or two tests of the repository, those that have most to do with the team, to show its style."""
        near = [each.path for each in ranked if is_test(each.path)]
        rest = sorted(path for path in entries if is_test(path) and path not in near)
        chosen = examples((*near, *rest), spoken, most=_EXAMPLES)
        contents = await self.git.read_many([entries[path].id for path in chosen])
        texts = [(path, contents[entries[path].id].decode("utf-8", "replace")) for path in chosen]
        shown = [fence(cut(without_holdouts(text), _EXAMPLE), f"file {path}") for path, text in texts if text.strip()]
        return ["The style of its tests:\n", *shown] if shown else []


def _words(assignment: Assignment) -> dict[str, float]:
    tasks = " ".join(f"{task.title} {task.goal}" for task in _team(assignment))
    wanted = " ".join(each.text for each in _requirements(assignment.wants, assignment.spec))
    return query_of((wanted, 1.0), (without_holdouts(tasks), 0.6))


def _team(assignment: Assignment) -> list[Task]:
    return [task for task in assignment.plan.tasks if task.team == assignment.wants.team]


def _requirements(wants: Wants, spec: SpecView) -> list[Requirement]:
    return [each for each in spec.requirements if each.id in wants.requirements]


def _tasks(assignment: Assignment) -> list[str]:
    """The team's tasks whole; of others those that read what it offers."""
    readers = {reader for offer in assignment.wants.offers for reader in offer.readers}
    others = [task for task in assignment.plan.tasks if task.id in readers]
    team = assignment.wants.team
    purpose = next((plain(each.purpose) for each in assignment.plan.teams if each.id == team), "")
    parts = [f"# Your team: {team}\n\n{purpose}\n", *map(_shown, _team(assignment))]
    if others:
        parts += ["# Tasks of other teams that lean on yours\n", *map(_shown, others)]
    return parts


def _shown(task: Task) -> str:
    owns, covers = ", ".join(task.owns) or "nothing", ", ".join(task.requirements) or "none"
    head = f"## {task.id} {plain(task.title)}\n\nTeam {task.team}; owns {owns}; requirements {covers}."
    needs = f" Starts after {', '.join(task.needs)}." if task.needs else ""
    return f"{head}{needs}\n\n{fence(without_holdouts(task.goal).strip(), f'goal of {task.id}')}"


def _wanted(wants: Wants, spec: SpecView) -> str:
    rows = [
        f"- {each.id} ({each.strength}{', an invariant: `preserve`' if each.preserve else ''}), "
        f"for {wants.requirements[each.id]}: {plain(each.text)}"
        for each in _requirements(wants, spec)
    ]
    offers = [f"- {each.path} of {each.task}, which {', '.join(each.readers)} lean on" for each in wants.offers]
    declared = [f"- {each.path}" for each in spec.interfaces]
    parts = ["# What is wanted\n"]
    parts += ["Tests of these requirements, which no check of the spec decides:\n" + "\n".join(rows) + "\n"] * bool(
        rows
    )
    parts += ["Stubs of what is offered and declared nowhere:\n" + "\n".join(offers) + "\n"] * bool(offers)
    parts += ["Declared already, not to be stubbed:\n" + "\n".join(declared) + "\n"] * bool(declared)
    return "\n".join(parts)


def _previous(assignment: Assignment) -> list[str]:
    if assignment.previous is None:
        return []
    draft = assignment.previous
    shown = msgspec.json.format(
        msgspec.json.encode(
            {
                "stubs": [{"task": each.task, "path": each.path, "text": each.text} for each in draft.stubs],
                "tests": [
                    {
                        "task": each.task,
                        "requirements": each.requirements,
                        "path": each.path,
                        "text": each.text,
                        "preserve": each.preserve,
                    }
                    for each in draft.tests
                ],
                "notes": draft.notes,
            }
        ),
        indent=1,
    ).decode()
    found = "\n".join(f"- {plain(finding)}" for finding in assignment.findings)
    return [
        "# Your last answer was not accepted as it is\n",
        fence(shown, "your last answer"),
        f"What is wrong with it:\n{found}\n\nKeep what was right, change what is asked for; the rest is left out.\n",
    ]
