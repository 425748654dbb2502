"""What went wrong in a test of TypeScript or JavaScript: what is not made yet, or the test itself. Pure.

Runners say it in words of their own, under names of errors that programs use as well, so the words are looked at.
"""

import re
from collections.abc import Collection

from ..nouns.plan import LockedTest
from ..nouns.verdicts import TestResult
from .script_paths import is_relative, meant

_ABSENT = re.compile(
    r"""(?:Cannot find (?:module|package)|Failed to resolve import|Failed to load url) ['"]?([^'"\s]+)"""
)
"""A module that is not there, as node, vitest and jest say it."""
_UNEXPORTED = re.compile(r"does not provide an export named")
_OWN = re.compile(
    r"Invalid Chai property|dynamic import callback was invoked without"
    r"|(?:\bassert|\bt|\bctx|\bvi|\bjest|\bmock|\bexpect(?:\([^)]*\))?)[\w.]*\.\w+ is not a function"
)
"""A word that the runner does not have."""
_OWN_ERRORS = frozenset({"ReferenceError", "SyntaxError"})


def is_unmade(detail: str, test: LockedTest, there: Collection[str]) -> bool:
    """Whether a file of tests could not be loaded because what it imports is not made yet.

    A package that is not there is made by nobody, and a file that is there and was not found is badly named.
    """
    absent = _ABSENT.search(detail)
    if absent is None:
        return _UNEXPORTED.search(detail) is not None
    source = absent[1].removeprefix("file://").removeprefix("/workspace/")
    if not is_relative(source) and source == absent[1]:
        return False
    by = test.path if is_relative(source) and not source.startswith("/") else ""
    return meant(source, by=by, there=there) is None


def is_own_fault(result: TestResult, test: LockedTest, there: Collection[str]) -> bool:
    """Whether the test itself is wrong, so that no work on the program would mend it."""
    if _ABSENT.search(result.detail) or _UNEXPORTED.search(result.detail):
        return not is_unmade(result.detail, test, there)
    return result.raised in _OWN_ERRORS or _OWN.search(result.detail) is not None
