"""What is to be proven of a spec: each executable check as the gate runs it, with its names and keys. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...specs.compile import compile_checks
from ...specs.keys import check_key, requirement_keys
from ...specs.nouns import Check, Examples, Spec
from ..nouns.plan import LockedTest
from .mutants import names_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A check; ``requirements`` are the keys of what it decides, by id."""

    test: LockedTest
    key: str
    requirements: Mapping[str, str]
    code: str
    """Its own code, without what it was compiled into."""
    texts: Mapping[str, str]
    """Of the items it decides, by id."""
    behind: Mapping[str, tuple[str, ...]]
    """The texts of the items that those refer to, by id."""

    @property
    def check(self) -> str:
        """The check's id."""
        return self.test.check

    def names(self, manifest: str) -> frozenset[str]:
        """What its mutants are looked for by; ``manifest`` is the text of pyproject.toml."""
        return names_in(requirements=self.texts.values(), check=self.code, manifest=manifest)

    def own_names(self, manifest: str) -> frozenset[str]:
        """Those of its own code alone."""
        return names_in(requirements=(), check=self.code, manifest=manifest)


def subjects(spec: Spec) -> tuple[Subject, ...]:
    """Every check that code decides, in the order of the spec; those that do not compile are left out."""
    keys = requirement_keys(spec)
    every: tuple[Check | Examples, ...] = (*spec.checks, *spec.tables)
    parts = {part.id: part for part in every}
    return tuple(
        Subject(
            test=LockedTest(
                check=each.check,
                requirements=each.requirements,
                path=each.path,
                text=each.text,
                tests=each.tests,
                secret=each.secret,
            ),
            key=check_key(parts[each.check]),
            requirements={item: keys[item] for item in each.requirements if item in keys},
            code=_code(parts[each.check]),
            texts={item: spec.items[item].text for item in each.requirements if item in spec.items},
            behind={item: _behind(spec, item) for item in each.requirements if item in spec.items},
        )
        for each in compile_checks(spec)
    )


def _behind(spec: Spec, item: str) -> tuple[str, ...]:
    return tuple(spec.items[ref].text for ref in spec.items[item].refs if ref in spec.items)


def _code(part: Check | Examples) -> str:
    return f"from {part.module} import {part.function}\n{part.call}" if isinstance(part, Examples) else part.body
