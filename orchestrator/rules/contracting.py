"""Whether a lead's draft may become a contract, and what of it. Pure: code decides, not a model.

Each flaw is told to the lead once; what is still wrong then is left out. A stub or a test that is left out may take
others with it, so `sound` drops until nothing is wrong with the rest.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath

from ..nouns.contract import Contract, Draft, DraftTest, Stub, Wants
from ..nouns.plan import LockedTest, Plan, SpecView, Task
from . import globs
from .contract_code import filled, is_standard, stub_flaws, test_flaws, test_names
from .contract_needs import is_test_file, module_of
from .declarations import bound, parsed
from .tree_policy import name_problem

MOST_FILES = 24
"""Stubs and tests of one team together: a contract is read by every worker of it."""
LONGEST = 12_000
"""Characters of one file of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong, in words a lead can act on; ``about`` is the path it concerns, or a requirement without a test."""

    about: str
    words: str

    def __str__(self) -> str:
        return f"{self.about}: {self.words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a draft is held against."""

    plan: Plan
    spec: SpecView
    paths: frozenset[str]
    """Of the tree that work starts from."""
    modules: frozenset[str] = frozenset()
    """First names of the modules that the repository's own files import."""

    def owners(self, path: str) -> tuple[Task, ...]:
        """The tasks that may write a file."""
        return tuple(task for task in self.plan.tasks if any(globs.covers(glob, path) for glob in task.owns))


def flaws(draft: Draft, wants: Wants, ground: Ground) -> tuple[Flaw, ...]:
    """Everything that is wrong with a draft as it is written."""
    return tuple(_Reading(draft, wants, ground).flaws())


def sound(draft: Draft, wants: Wants, ground: Ground, *, wrong: Collection[str] = ()) -> Draft:
    """The draft without the paths ``wrong`` and without all that has flaws then; requirements may lose their test."""
    while True:
        draft = replace(
            draft,
            stubs=tuple(stub for stub in draft.stubs if stub.path not in wrong),
            tests=tuple(test for test in draft.tests if test.path not in wrong),
        )
        paths = {each.path for each in _files(draft)}
        wrong = {flaw.about for flaw in flaws(draft, wants, ground)} & paths
        if not wrong:
            return draft


def normal(draft: Draft, wants: Wants) -> Draft:
    """The draft with stubs that raise, and each test given to the task that answers for what it tests."""
    answers, order = wants.requirements, [requirement for _, requirement in wants.tests]

    def owner(test: DraftTest) -> str:
        mine = [each for each in order if each in test.requirements]
        return answers[mine[-1]] if mine and not test.preserve else test.task

    return replace(
        draft,
        stubs=tuple(replace(stub, text=filled(_ended(stub.text))) for stub in draft.stubs),
        tests=tuple(replace(test, text=_ended(test.text), task=owner(test)) for test in draft.tests),
    )


def contract_of(draft: Draft, wants: Wants, *, left: Iterable[str] = ()) -> Contract:
    """A sound draft as a contract; its checks are named by the team and the file."""
    tests = tuple(_locked(test, wants.team) for test in draft.tests)
    return Contract(
        team=wants.team,
        stubs=draft.stubs,
        tests=tests,
        tasks=tuple(test.task for test in draft.tests),
        preserve=tuple(each.check for each, test in zip(tests, draft.tests, strict=True) if test.preserve),
        notes=draft.notes,
        left=tuple(left),
        written_for=wants.tasks,
    )


def without_test(draft: Draft, wants: Wants, ground: Ground) -> tuple[str, ...]:
    """The requirements that a draft leaves without a test, in the order in which they were wanted."""
    invariants = _invariants(ground.spec)
    tested = {
        requirement
        for test in draft.tests
        for requirement in test.requirements
        if not test.preserve or requirement in invariants
    }
    return tuple(requirement for _, requirement in wants.tests if requirement not in tested)


def check_id(team: str, path: str) -> str:
    """What a contract's test is called where checks are named; no id of the spec's own has a colon."""
    return f"{team}:{PurePosixPath(path).stem}"


def _locked(test: DraftTest, team: str) -> LockedTest:
    return LockedTest(
        check=check_id(team, test.path),
        requirements=test.requirements,
        path=test.path,
        text=test.text,
        tests=tuple(f"{test.path}::{name}" for name in test_names(test.text)),
        key=sha256(test.text.encode("utf-8", "replace")).hexdigest(),
    )


class _Reading:
    """A draft beside what was wanted and what it stands on."""

    def __init__(self, draft: Draft, wants: Wants, ground: Ground) -> None:
        self._draft = draft
        self._wants = wants
        self._ground = ground
        self._invariants = _invariants(ground.spec)
        texts = {each.path: each.text for each in ground.spec.interfaces} | {s.path: s.text for s in draft.stubs}
        self._declared = {module_of(path): _names(text) for path, text in texts.items()}
        self._modules = frozenset(_with_packages(map(module_of, ground.paths)))

    def flaws(self) -> Iterator[Flaw]:
        for each in _files(self._draft)[MOST_FILES:]:
            yield Flaw(about=each.path, words=f"is one of more than {MOST_FILES} files: keep the contract short")
        yield from self._twice()
        for stub in self._draft.stubs:
            yield from (Flaw(about=stub.path, words=words) for words in self._stub(stub))
        for test in self._draft.tests:
            yield from (Flaw(about=test.path, words=words) for words in self._test(test))
        for requirement in without_test(self._draft, self._wants, self._ground):
            kind = "a `preserve` test" if requirement in self._invariants else "a test"
            yield Flaw(about=requirement, words=f"has no check in the spec and no test here: write {kind} of it")

    def _twice(self) -> Iterator[Flaw]:
        seen: set[str] = set()
        for each in _files(self._draft):
            if each.path in seen:
                yield Flaw(about=each.path, words="stands here twice: give each file once")
            seen.add(each.path)

    def _stub(self, stub: Stub) -> Iterator[str]:
        yield from _form(stub.path, stub.text)
        team = {task.id for task in self._ground.plan.tasks if task.team == self._wants.team}
        owners = {task.id for task in self._ground.owners(stub.path)}
        if stub.task not in team:
            yield f"belongs to {stub.task or 'no task'}, which is none of this team ({', '.join(sorted(team))})"
        elif stub.task not in owners:
            yield f"is not owned by {stub.task}: a stub is for a file that its task will fill"
        if not module_of(stub.path) or is_test_file(stub.path):
            yield "is no Python module that others could import"
        if stub.path in self._ground.paths:
            yield "is there already: what the file declares today is its interface"
        if any(each.path == stub.path for each in self._ground.spec.interfaces):
            yield "is declared by the spec, which is the interface"
        yield from self._protected(stub.path)
        yield from stub_flaws(stub.text, self._known)

    def _test(self, test: DraftTest) -> Iterator[str]:
        yield from _form(test.path, test.text)
        yield from self._place(test.path)
        yield from self._subject(test)
        yield from self._protected(test.path)
        yield from test_flaws(test.text, self._known)

    def _place(self, path: str) -> Iterator[str]:
        folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
        team = re.sub(r"\W", "_", self._wants.team)
        homes = {str(PurePosixPath(each).parent) for each in self._ground.paths if is_test_file(each)}
        if not re.fullmatch(rf"test_{re.escape(team)}_\w+\.py", name):
            yield f"has to be named `test_{team}_....py`, so that no two teams write one file"
        if folder not in homes and folder.partition("/")[0] not in {"tests", "test"}:
            yield f"is not where this repository has its tests ({', '.join(sorted(homes)[:3]) or 'tests'})"
        if any(folder == str(PurePosixPath(each.path).parent) for each in self._ground.spec.locked):
            yield "is in the folder of the spec's own checks, which every run writes anew: choose another"
        if path in self._ground.paths or any(path in task.owns for task in self._ground.plan.tasks):
            yield "is a file that is there already, or that a task writes: choose another name"
        elif any(PurePosixPath(each).name == name for each in self._ground.paths):
            yield f"has the name of another file, {name}, and pytest takes two of one name for one: choose another"

    def _subject(self, test: DraftTest) -> Iterator[str]:
        tasks = {task.id: task for task in self._ground.plan.tasks if task.team == self._wants.team}
        wanted = self._wants.requirements
        if not test.requirements:
            yield "names no requirement: a locked test is made from one"
        if test.preserve:
            if test.task not in tasks:
                yield f"belongs to {test.task or 'no task'}, which is none of this team: name whose work could break it"
                return
            foreign = [each for each in test.requirements if each not in tasks[test.task].requirements]
            if foreign:
                yield f"is for {', '.join(foreign)}, which {test.task} does not cover"
            return
        for each in test.requirements:
            if each in self._invariants and each in wanted:
                yield f"is for {each}, which says what has to stay: set `preserve`"
            elif each not in wanted:
                yield f"is for {each}, which needs no test of this team: leave it out"

    def _protected(self, path: str) -> Iterator[str]:
        spec = self._ground.spec
        if any(path == each.path for each in spec.locked):
            yield "is a file of the spec's own checks"
        elif any(path == glob or globs.may_overlap(glob, path) for glob in spec.forbid):
            yield "is forbidden by the spec"

    def _known(self, module: str, name: str | None) -> str:
        """Why something may not be imported; names of declared modules have to be declared."""
        inner = f"{module}.{name}" if name else module
        if is_standard(module) or module.partition(".")[0] in self._ground.modules - self._ours():
            return ""
        if module in self._declared:
            lacks = name is not None and name not in self._declared[module] and inner not in self._declared
            return f"imports `{name}` of `{module}`, which its interface does not declare" if lacks else ""
        if module in self._modules or inner in self._declared or inner in self._modules:
            return ""
        return f"imports `{module}`, which neither the repository nor the spec's interface nor a stub here has"

    def _ours(self) -> frozenset[str]:
        """First names of the modules that are the repository's own, or will be."""
        return frozenset(each.partition(".")[0] for each in (*self._modules, *self._declared) if each)


def _files(draft: Draft) -> tuple[Stub | DraftTest, ...]:
    return (*draft.stubs, *draft.tests)


def _form(path: str, text: str) -> Iterator[str]:
    wrong = globs.problem(path) or name_problem(path)
    if wrong or re.search(r"[*?\[]", path):
        yield f"is no path a file may have ({wrong or 'it is a glob'})"
    if len(text) > LONGEST:
        yield f"is longer than {LONGEST} characters"


def _names(text: str) -> frozenset[str]:
    module = parsed(text)
    return frozenset(bound(module.body)) if module is not None else frozenset()


def _with_packages(modules: Iterable[str]) -> Iterator[str]:
    for module in modules:
        parts: Sequence[str] = module.split(".") if module else ()
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _invariants(spec: SpecView) -> frozenset[str]:
    return frozenset(each.id for each in spec.requirements if each.preserve)


def _ended(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n") + "\n"
