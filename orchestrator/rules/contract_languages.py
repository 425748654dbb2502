"""The languages that contracts are written in, as one table: how their files are named, read and judged. Pure."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..nouns.plan import LockedTest
from ..nouns.verdicts import TestResult
from . import contract_code, contract_script, script_stub, script_test, script_trial
from .contract_ground import Ground
from .contract_python import PythonReading
from .languages import FAMILIES, Family, family_of

_PYTHON_FAULTS = frozenset({"NameError", "UnboundLocalError", "SyntaxError", "IndentationError", "TabError"})


class Reading(Protocol):
    """Judges texts of one language beside what they stand on. What is wrong comes as ends of a sentence."""

    def stub(self, path: str, text: str) -> Iterator[str]:
        """What keeps a text from being a stub."""
        ...

    def test(self, path: str, text: str) -> Iterator[str]:
        """What keeps a text from being a locked test."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What a contract has to know of a language."""

    title: str
    test_name: str
    """A pattern of the names of a team's tests, with ``TEAM`` in it."""
    test_called: str
    """The same for people."""
    test_folders: frozenset[str]
    """Where tests may be where a repository has none."""
    namesake: str
    """Why no two tests may have one name."""
    runner: str
    reading: Callable[[Ground, Mapping[str, str]], Reading]
    filled: Callable[[str, str], str]
    """By path and text: the stub with bodies that refuse."""
    test_names: Callable[[str, str], tuple[str, ...]]
    imported: Callable[[str, str], frozenset[str]]
    """By path and text: what it imports of elsewhere."""
    is_unmade: Callable[[str, LockedTest, Collection[str]], bool]
    """Whether a test cannot be loaded for what is not made yet; given are the words, and the paths there are."""
    is_own_fault: Callable[[TestResult, LockedTest, Collection[str]], bool]

    def is_named_for(self, team: str, name: str) -> bool:
        """Whether a test of a team may have this name."""
        return re.fullmatch(self.test_name.replace("TEAM", re.escape(team)), name) is not None


def _python_unmade(detail: str, _: LockedTest, __: Collection[str]) -> bool:
    return "ImportError" in detail or "ModuleNotFoundError" in detail


PYTHON = Language(
    title="Python",
    test_name=r"test_TEAM_\w+\.py",
    test_called="test_TEAM_....py",
    test_folders=frozenset({"tests", "test"}),
    namesake="pytest takes two of one name for one",
    runner="pytest",
    reading=PythonReading,
    filled=lambda _, text: contract_code.filled(text),
    test_names=lambda _, text: contract_code.test_names(text),
    imported=lambda _, text: contract_code.imported(text),
    is_unmade=_python_unmade,
    is_own_fault=lambda result, _, __: result.raised in _PYTHON_FAULTS,
)
SCRIPT = Language(
    title="TypeScript or JavaScript",
    test_name=r"TEAM_[\w-]+\.(?:test|spec)\.(?:[cm]?[jt]s|[jt]sx)",
    test_called="TEAM_....test.ts` or `TEAM_....test.js",
    test_folders=frozenset({"tests", "test", "__tests__"}),
    namesake="locked tests are told by their names",
    runner="the runner",
    reading=contract_script.ScriptReading,
    filled=script_stub.filled,
    test_names=script_test.test_names,
    imported=contract_script.imported,
    is_unmade=script_trial.is_unmade,
    is_own_fault=script_trial.is_own_fault,
)
_LANGUAGES: Mapping[Family, Language] = {"python": PYTHON, "script": SCRIPT}


def language_for(path: str) -> Language:
    """The language of a file by its ending; what has none that is known is judged as Python, which it is not."""
    return _LANGUAGES[family_of(path) or FAMILIES[0]]
