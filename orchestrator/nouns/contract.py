"""What a lead writes before its workers start: stubs of what a team offers, and the tests its tasks must pass."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from hashlib import sha256

from .plan import LockedTest


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """A file with nothing but signatures, which the task that owns it fills."""

    path: str
    text: str
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a task of a team offers to ``readers``, tasks of other teams, and nothing declares yet."""

    task: str
    path: str
    """A file, or a glob where the plan names none."""
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What a team needs of its lead."""

    team: str
    tests: tuple[tuple[str, str], ...] = ()
    """Requirements that nothing decides yet, each after the task that answers for it."""
    offers: tuple[Offer, ...] = ()

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that want something."""
        return tuple(dict.fromkeys([*(task for task, _ in self.tests), *(offer.task for offer in self.offers)]))

    def of(self, tasks: Collection[str]) -> "Wants":
        """What these tasks of the team want."""
        return replace(
            self,
            tests=tuple(pair for pair in self.tests if pair[0] in tasks),
            offers=tuple(offer for offer in self.offers if offer.task in tasks),
        )

    @property
    def requirements(self) -> dict[str, str]:
        """The task that answers for each requirement."""
        return {requirement: task for task, requirement in self.tests}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTest:
    """A test file as a lead proposes it."""

    path: str
    text: str
    requirements: tuple[str, ...]
    task: str = ""
    preserve: bool = False
    """It pins what is there today: green before the work, and green after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A lead's answer, not yet checked. ``trouble`` says why there is none that could be used."""

    stubs: tuple[Stub, ...] = ()
    tests: tuple[DraftTest, ...] = ()
    notes: tuple[str, ...] = ()
    trouble: str = ""

    def paths(self) -> frozenset[str]:
        """Of all its files."""
        return frozenset((*(stub.path for stub in self.stubs), *(test.path for test in self.tests)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A draft as far as code could vouch for it; what it could not is in ``left``."""

    team: str
    stubs: tuple[Stub, ...] = ()
    tests: tuple[LockedTest, ...] = ()
    tasks: tuple[str, ...] = ()
    """The task that each of ``tests`` is locked to, in their order."""
    preserve: tuple[str, ...] = ()
    """Checks of ``tests`` that were green before the work."""
    notes: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    """What was left out, and why, a sentence each."""
    written_for: tuple[str, ...] = ()
    """The tasks that wanted something; each is asked about once."""

    @property
    def digest(self) -> str:
        """Of what binds: stubs and tests."""
        return sha256(repr((self.team, self.stubs, self.tests, self.tasks)).encode("utf-8", "replace")).hexdigest()

    def without(self, checks: Collection[str]) -> "Contract":
        """The contract once these of its tests bind no more, which ``left`` says; itself where it has none of them."""
        if not any(test.check in checks for test in self.tests):
            return self
        pairs = list(zip(self.tests, self.tasks, strict=False))
        kept = [pair for pair in pairs if pair[0].check not in checks]
        gone = (
            f"{test.path} ({', '.join(test.requirements)}) binds no more: a person overruled an answer it rests on"
            for test in self.tests
            if test.check in checks
        )
        return replace(
            self,
            tests=tuple(test for test, _ in kept),
            tasks=tuple(task for _, task in kept),
            preserve=tuple(check for check in self.preserve if check not in checks),
            left=(*self.left, *gone),
        )

    def checks_of(self, task: str) -> tuple[str, ...]:
        """Ids of the tests locked to a task."""
        return tuple(test.check for test, owner in zip(self.tests, self.tasks, strict=True) if owner == task)
