"""What a worker is given before its first turn: everything it needs, within a budget, the same bytes for the same job.

Ordered for the caches of providers: what all tasks share comes first (role, guides, repository, spec), the task last.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from ..orchestrator.rules.globs import covers
from ..specs.console_test import without_runner
from .advice import Advice
from .approaches import approach
from .decided import decided
from .fences import fence, plain, without_holdouts
from .prompting import load_prompt
from .retrieval import Ranked, Ranker, query_of
from .steered import steered
from .survey import Surveyor, cut, is_test, test_layout
from .wanted import listed, requirements_of, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..guides.load import Guide
    from ..orchestrator.nouns.plan import LockedTest
    from ..orchestrator.ports import Git, Job

CHARACTERS_PER_TOKEN = 3.3
BUDGET = 6_000
"""Tokens of a pack without its role and guides."""
_KEPT = 128
_WORTH = 0.2
"""A file with less than this part of the best score is not worth its tokens."""
_BESIDE = 6
"""The part of the room that sources have which the task only reads: their outlines are there, and `read`."""
_MOST_FILES = 40
_LEFT_OUT = 160
"""Characters of the line that stands for sections left out."""
_OF_SPEC = re.compile(r'"""[^"\n]+:\d+ \(')
"""A compiled check begins with its place in the spec."""
_NAMED = re.compile(r"\b[A-Z]{1,3}\d+\b")
"""An id of the spec that a requirement refers to."""
_HEADING = re.compile(r"^#{1,6} ")
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The first two messages of a worker's conversation."""

    system: str
    user: str


class Packer:
    """Makes packs from git objects and the job alone, never from a workspace, whose content depends on the turn."""

    def __init__(
        self,
        git: Git,
        *,
        guides: Sequence[Guide] | None = None,
        budget: int = BUDGET,
        advice: Advice | None = None,
        critic: bool = False,
    ) -> None:
        self._git = git
        self._advice = advice or Advice(git, guides=guides)
        self._critic = critic
        texts = [
            load_prompt("worker").digest,
            self._advice.version,
            *([load_prompt("critic").digest] if critic else []),
        ]
        self.version = sha256("\0".join(texts).encode()).hexdigest()
        """Changes with the role and the guides."""
        self._room = int(budget * CHARACTERS_PER_TOKEN)
        self._ranker = Ranker(git)
        self._surveyor = Surveyor(git, self._ranker)
        self._kept: OrderedDict[str, tuple[Job, Pack]] = OrderedDict()

    async def pack(self, job: Job) -> Pack:
        """The pack of a job; the last ones are kept, because every turn begins with it."""
        name = str(job.key)
        known = self._kept.get(name)
        if known is not None and known[0] == job:
            return known[1]
        pack = Pack(system=await self._system(job), user=await self._user(job))
        self._kept[name] = (job, pack)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return pack

    async def _system(self, job: Job) -> str:
        """Role and guides. Which guides apply is decided by all the paths in play, so that a team shares them.

        Where patches are read, what critics are told stands here as well: they go on from a worker's first prompt.
        """
        paths = await self._advice.in_play(job)
        guides = await self._advice.general(job.base_tree, role="worker", paths=paths)
        texts = [load_prompt("worker").text, *(guide.text for guide in guides)]
        if self.is_read(job):
            further = await self._advice.general(job.base_tree, role="critic", paths=paths)
            texts += [load_prompt("critic").text, *(guide.text for guide in further if guide not in guides)]
        return "\n".join(texts)

    def is_read(self, job: Job) -> bool:
        """Whether a critic reads the job's patch before it lands."""
        return self._critic and not job.spec.small

    async def _user(self, job: Job) -> str:
        repository, contract = await self._repository(job), _contract(job, self._room // 5)
        spec, whole = self._spec(job)
        # What differs least between the tasks of a run comes first: a spec in whole never does, the base may.
        agreed = [*contract, *decided(job.decisions)]
        shared = [spec, *agreed, repository] if whole else [*agreed, repository, spec]
        advice = (await self._advice.near(job)).text(limit=self._room // 8)
        locked = _locked(job.locked, self._room * 3 // 5, told=whole)
        own = [*([advice] if advice else []), *locked]
        last = [
            *_failed(job.digest, self._room // 4),
            _task(job, told=whole),
            *steered(job.steering),
            *approach(job.key.rollout),
        ]
        room = self._room - sum(map(len, (*shared, *own, *last)))
        return "\n".join([*shared, *own, *await self._files(job, max(room, self._room // 10)), *last])

    async def _repository(self, job: Job) -> str:
        tree, checks = job.base_tree, {each.path for each in job.spec.locked}
        parts = [
            "# The repository\n",
            test_layout(await self._git.entries(tree)) + "\n",
            await self._surveyor.files(tree, limit=self._room // 12, without=checks),
            await self._surveyor.symbols(tree, job.spec, limit=self._room // 8, public=True),
            await self._advice.shared(tree, limit=self._room // 5),
        ]
        return "\n".join(part for part in parts if part)

    def _spec(self, job: Job) -> tuple[str, bool]:
        """The spec, and whether that is all of it.

        All of it may take more room than a part: it is the same for every task, so that a provider's cache has it.
        """
        text = plain(without_holdouts(job.spec.text)).strip()
        if len(text) <= self._room * 5 // 8:
            return f"# The spec\n\n{text}\n", True
        limit = self._room * 2 // 5
        return f"# The spec, as far as it concerns your task\n\n{_excerpt(text, _words(job), job, limit)}\n", False

    async def _files(self, job: Job, room: int) -> list[str]:
        """Whole files: those the task may write while there is room, of other sources a little; no locked tests."""
        told = {each.path for each in job.spec.locked}
        found = await self._ranker.rank(job.begun or job.base_tree, _words(job))
        told |= {each.path for each in found if self._advice.holds(each.path)} - set(job.task.owns)
        ranked = [each for each in found if each.path not in told]
        own = [each for each in ranked if _owned(each.path, job.task.owns)]
        others = [each for each in ranked if each not in own and not is_test(each.path)]
        best = max((each.score for each in (*own, *others)), default=0.0)
        beside = [each for each in others if each.score >= _WORTH * best]
        pieces = await self._whole(job, own[:_MOST_FILES], room)
        left = min(room - sum(map(len, pieces)), self._room // _BESIDE)
        pieces += await self._whole(job, beside[:_MOST_FILES], left)
        return ["# Files that may matter, as they were at the start\n", *pieces] if pieces else []

    async def _whole(self, job: Job, files: Sequence[Ranked], room: int) -> list[str]:
        """Those of the files that there is room for, the first ones first."""
        fitting = [each for each in files if 0 < each.size <= room]
        contents = await self._git.read_many([each.blob for each in fitting])
        pieces: list[str] = []
        for each in fitting:
            text = contents[each.blob].decode("utf-8", errors="replace")
            if each.path.lower().endswith((".md", ".markdown")):
                text = without_holdouts(text)
            piece = fence(text, f"file {each.path}")
            if len(piece) <= room and plain(text).strip() != plain(without_holdouts(job.spec.text)).strip():
                pieces.append(piece)
                room -= len(piece)
        return pieces


def _words(job: Job) -> dict[str, float]:
    """What a task is about: its own words first, those of its requirements and locked tests, then those of the spec."""
    wanted = " ".join(each.text for each in requirements_of(job))
    locked = " ".join(each.text for each in job.locked)
    task = f"{job.task.title} {without_holdouts(job.task.goal)} {' '.join(job.task.owns)}"
    return query_of((task, 1.0), (wanted, 1.0), (locked, 0.6), (without_holdouts(job.spec.text), 0.2))


def _owned(path: str, owns: Iterable[str]) -> bool:
    return any(covers(glob, path) for glob in owns)


def _locked(locked: Sequence[LockedTest], limit: int, *, told: bool) -> list[str]:
    """The tests themselves; of checks that the spec above holds (``told``) only which they are."""
    if not locked:
        return []
    known = [each for each in locked if told and _OF_SPEC.match(each.text)]
    others = [each for each in locked if each not in known]
    each_limit = max(600, limit // max(len(others), 1))
    listed = [f"- {each.path}: the check of {', '.join(each.requirements)} in the spec" for each in known]
    return [
        "# Locked tests of your task\n\nThe gate lays these over your tree; all of them must pass.\n",
        *(["\n".join(listed) + "\n"] if listed else []),
        *(_shown(each, each_limit) for each in others),
    ]


def _shown(test: LockedTest, limit: int) -> str:
    return fence(cut(without_runner(test.text), limit), f"file {test.path} ({', '.join(test.requirements)})")


def _contract(job: Job, limit: int) -> list[str]:
    """What the team has agreed on, and what others offer to it: the same for all of its tasks."""
    if not job.contract:
        return []
    each_limit = max(600, limit // len(job.contract))
    shown = [fence(cut(each.text, each_limit), f"stub {each.path} ({each.task})") for each in job.contract]
    said = (
        "These files are there as stubs. What they declare is frozen: names, parameters, types and fields stay as they "
        "are, and the task in brackets fills its file. Build on them; until that task is done they raise "
        "NotImplementedError.\n"
    )
    return [f"# The contract of your team\n\n{said}", *shown]


def _failed(digest: str, limit: int) -> list[str]:
    if not digest.strip():
        return []
    return [
        "# What failed before you\n\nOthers tried this task. Do not repeat it.\n",
        fence(cut(digest, limit), "earlier attempts"),
    ]


def _task(job: Job, *, told: bool) -> str:
    task = job.task
    whole = task.goal.strip() == job.spec.text.strip()
    goal = "Do what the spec says, all of it." if whole else plain(without_holdouts(task.goal)).strip()
    owned = "\n".join(f"- {glob}" for glob in task.owns) or "- nothing"
    forbidden = [f"Never change: {', '.join(job.spec.forbid)}\n"] if job.spec.forbid else []
    parts = [
        f"# Your task: {task.id} {task.title}\n",
        f"{goal}\n",
        *([] if whole else _wanted(job, told=told)),
        f"Paths you own and may write:\n{owned}\n",
        *forbidden,
        *_allowed(job),
    ]
    return "\n".join(parts)


def _wanted(job: Job, *, told: bool) -> list[str]:
    """The requirements of the task, also where the spec is ``told`` in whole: small models lose the middle."""
    wanted = requirements_of(job)
    if not wanted:
        return []
    return [f"Requirements it has to meet:\n{listed(wanted)}\n", *([] if told else terms_of(wanted))]


def _allowed(job: Job) -> list[str]:
    """What the spec lets any task do to a manifest; nothing for a spec that allows nothing."""
    if not job.spec.allow_deps:
        return []
    names = ", ".join(job.spec.allow_deps)
    said = (
        f"In pyproject.toml, requirements*.txt and package.json you may add or bump the dependencies {names}, though "
        "you do not own these files; nothing else in them may change. These packages are installed.\n"
    )
    return [said]


def _excerpt(text: str, words: dict[str, float], job: Job, limit: int) -> str:
    """The opening of a long spec and the sections nearest to the task, in their order; what is left out is named."""
    sections = _sections(text)
    told = " ".join(each.text for each in requirements_of(job))
    asked = [f"**{name}**" for name in (*job.task.requirements, *_NAMED.findall(told))]
    weight = [
        sum(words[word] for word in query_of((section, 1.0)) if word in words)
        + 50 * sum(name in section for name in asked)
        for section in sections
    ]
    chosen: dict[int, str] = {}
    share, room = limit // 3, limit
    for index in sorted(range(len(sections)), key=lambda index: (index != 0, -weight[index], index)):
        section = cut(sections[index], share)
        if len(section) + _LEFT_OUT <= room:
            chosen[index] = section
            room -= len(section) + _LEFT_OUT
    return "\n".join(_joined(sections, chosen))


def _joined(sections: Sequence[str], chosen: dict[int, str]) -> Iterator[str]:
    """The chosen sections in their order, with the headings of those between them."""
    for is_chosen, group in groupby(range(len(sections)), key=chosen.__contains__):
        indexes = list(group)
        if is_chosen:
            yield "\n\n".join(chosen[index].strip() for index in indexes) + "\n"
        else:
            headings = ", ".join(sections[index].splitlines()[0].lstrip("# ") for index in indexes)
            yield f"[left out: {headings}]"[:_LEFT_OUT] + "\n"


def _sections(text: str) -> list[str]:
    """A document cut before each heading that is not inside a fence."""
    sections: list[list[str]] = [[]]
    fenced = False
    for line in text.splitlines(keepends=True):
        fenced ^= bool(_FENCE.match(line))
        if _HEADING.match(line) and not fenced and sections[-1]:
            sections.append([])
        sections[-1].append(line)
    return ["".join(lines) for lines in sections]
