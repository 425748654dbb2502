"""The tests that leads wrote, as subjects of proof: from a run's contracts, or from a lock and the tree it is about."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from ...specs.keys import requirement_keys
from ...specs.lock import Lock, LockedContract
from ...specs.nouns import Spec
from ..nouns.contract import Contract
from ..nouns.plan import LockedTest
from ..ports import Git
from .subjects import Subject


def contract_subjects(tests: Iterable[LockedTest], spec: Spec) -> tuple[Subject, ...]:
    """What is to be proven of a contract's tests, as far as the spec still has what they decide."""
    keys = requirement_keys(spec)
    return tuple(
        Subject(
            test=test,
            key=test.key,
            requirements={item: keys[item] for item in test.requirements if item in keys},
            code=test.text,
            texts={item: spec.items[item].text for item in test.requirements if item in spec.items},
            behind={
                item: tuple(spec.items[ref].text for ref in spec.items[item].refs if ref in spec.items)
                for item in test.requirements
                if item in spec.items
            },
        )
        for test in tests
    )


async def tests_in(git: Git, lock: Lock | None, tree: str) -> tuple[LockedTest, ...]:
    """The contract's tests that stand in a tree as they were locked; one that was changed since decides nothing."""
    if lock is None or not lock.contract:
        return ()
    entries = await git.entries(tree)
    there = [each for each in lock.contract if each.path in entries]
    contents = await git.read_many([entries[each.path].id for each in there])
    texts = {each.path: contents[entries[each.path].id] for each in there}
    return tuple(_test(each, texts[each.path].decode("utf-8", "replace")) for each in there if _same(each, texts))


def rows_of(contracts: Sequence[Contract], landed: Iterable[str]) -> tuple[LockedContract, ...]:
    """What a lock remembers of the contracts' tests that landed with their tasks."""
    done = set(landed)
    return tuple(
        LockedContract(check=test.check, path=test.path, tests=test.tests, requirements=test.requirements, key=test.key)
        for contract in contracts
        for test, task in zip(contract.tests, contract.tasks, strict=True)
        if task in done
    )


def _same(row: LockedContract, texts: dict[str, bytes]) -> bool:
    return sha256(texts[row.path]).hexdigest() == row.key


def _test(row: LockedContract, text: str) -> LockedTest:
    return LockedTest(
        check=row.check, requirements=row.requirements, path=row.path, text=text, tests=row.tests, key=row.key
    )
