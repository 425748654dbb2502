"""Whether a lead's draft may become a contract, and what of it. Pure: code decides, not a model.

Each flaw is told to the lead once; what is still wrong then is left out. A stub or a test that is left out may take
others with it, so `sound` drops until nothing is wrong with the rest.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath

from ..nouns.contract import Contract, Draft, DraftTest, Stub, Wants
from ..nouns.plan import LockedTest, SpecView
from . import globs
from .contract_ground import Ground
from .contract_languages import Reading, language_for
from .languages import FAMILIES, Family, family_of, is_module, is_test_file
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
        stubs=tuple(map(_refusing, draft.stubs)),
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


def promised(draft: Draft, ground: Ground) -> tuple[Stub, ...]:
    """The spec's interfaces in TypeScript and JavaScript that nothing holds yet, as stubs for tests to be tried on.

    What a test does wrong by itself shows only where all that it imports is there. A test in Python is tried without.
    """
    there = {*ground.paths, *(stub.path for stub in draft.stubs)}
    lacking = (each for each in ground.spec.interfaces if each.path not in there and family_of(each.path) == "script")
    return tuple(_refusing(Stub(path=each.path, text=each.text, task="")) for each in lacking)


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


def _refusing(stub: Stub) -> Stub:
    """A stub whose bodies throw where they did nothing."""
    return replace(stub, text=language_for(stub.path).filled(stub.path, _ended(stub.text)))


def _locked(test: DraftTest, team: str) -> LockedTest:
    return LockedTest(
        check=check_id(team, test.path),
        requirements=test.requirements,
        path=test.path,
        text=test.text,
        tests=tuple(f"{test.path}::{name}" for name in language_for(test.path).test_names(test.path, test.text)),
        key=sha256(test.text.encode("utf-8", "replace")).hexdigest(),
    )


class _Reading:
    """A draft beside what was wanted and what it stands on."""

    def __init__(self, draft: Draft, wants: Wants, ground: Ground) -> None:
        self._draft = draft
        self._wants = wants
        self._ground = ground
        self._invariants = _invariants(ground.spec)
        self._readings: dict[Family, Reading] = {}

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
        checks: set[str] = set()
        for test in self._draft.tests:
            check = check_id(self._wants.team, test.path)
            if check in checks and family_of(test.path) == "script":
                yield Flaw(about=test.path, words="has the name of another test here: choose another")
            checks.add(check)

    def _stub(self, stub: Stub) -> Iterator[str]:
        yield from _form(stub.path, stub.text)
        team = {task.id for task in self._ground.plan.tasks if task.team == self._wants.team}
        owners = {task.id for task in self._ground.owners(stub.path)}
        if stub.task not in team:
            yield f"belongs to {stub.task or 'no task'}, which is none of this team ({', '.join(sorted(team))})"
        elif stub.task not in owners:
            yield f"is not owned by {stub.task}: a stub is for a file that its task will fill"
        if not is_module(stub.path):
            yield f"is no {language_for(stub.path).title} module that others could import"
        if stub.path in self._ground.paths:
            yield "is there already: what the file declares today is its interface"
        if any(each.path == stub.path for each in self._ground.spec.interfaces):
            yield "is declared by the spec, which is the interface"
        yield from self._protected(stub.path)
        yield from self._reading(stub.path).stub(stub.path, stub.text)

    def _test(self, test: DraftTest) -> Iterator[str]:
        yield from _form(test.path, test.text)
        yield from self._place(test.path)
        yield from self._subject(test)
        yield from self._protected(test.path)
        yield from self._reading(test.path).test(test.path, test.text)

    def _reading(self, path: str) -> Reading:
        """What judges files of that language in this draft."""
        family = family_of(path) or FAMILIES[0]
        if family not in self._readings:
            declared = self._ground.declared(self._draft)
            self._readings[family] = language_for(path).reading(self._ground, declared)
        return self._readings[family]

    def _place(self, path: str) -> Iterator[str]:
        language = language_for(path)
        folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
        team = re.sub(r"\W", "_", self._wants.team)
        if not language.is_named_for(team, name):
            yield f"has to be named `{language.test_called.replace('TEAM', team)}`, so that no two teams write one file"
        yield from self._folder(path, folder)
        if any(folder == str(PurePosixPath(each.path).parent) for each in self._ground.spec.locked):
            yield "is in the folder of the spec's own checks, which every run writes anew: choose another"
        if path in self._ground.paths or any(path in task.owns for task in self._ground.plan.tasks):
            yield "is a file that is there already, or that a task writes: choose another name"
        elif any(PurePosixPath(each).name == name for each in self._ground.paths):
            yield f"has the name of another file, {name}, and {language.namesake}: choose another"

    def _folder(self, path: str, folder: str) -> Iterator[str]:
        family, folders = family_of(path) or FAMILIES[0], language_for(path).test_folders
        tests = (each for each in self._ground.paths if is_test_file(each) and family_of(each) == family)
        homes = {str(PurePosixPath(each).parent) for each in tests}
        parts = folder.split("/") if family == "script" else folder.split("/")[:1]
        if folder not in homes and not folders & set(parts):
            yield f"is not where this repository has its tests ({', '.join(sorted(homes)[:3]) or 'tests'})"

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


def _files(draft: Draft) -> tuple[Stub | DraftTest, ...]:
    return (*draft.stubs, *draft.tests)


def _form(path: str, text: str) -> Iterator[str]:
    wrong = globs.problem(path) or name_problem(path)
    if wrong or re.search(r"[*?\[]", path):
        yield f"is no path a file may have ({wrong or 'it is a glob'})"
    if len(text) > LONGEST:
        yield f"is longer than {LONGEST} characters"


def _invariants(spec: SpecView) -> frozenset[str]:
    return frozenset(each.id for each in spec.requirements if each.preserve)


def _ended(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n") + "\n"
