"""Whether the code under test changed what runs the tests: pytest, unittest, its hooks, or the tests collected.

It runs in the process that it watches, so whoever knows it can lie to it as well; what it sees is what changes a
library in passing. Hooks that come with the tests, by a test module's ``pytest_plugins`` or a conftest that imports
them, may be the repository's own: those are told, and the host compares them with those of the run's base. Only what a
conftest.py itself holds is not, as no task may write one. Standard library and pytest only, Python 3.8 or later.
Nothing of it is imported by the host.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_MODULES = (
    "_pytest.runner",
    "_pytest.python",
    "_pytest.python_api",
    "_pytest.raises",
    "_pytest.reports",
    "_pytest.outcomes",
    "_pytest.unittest",
    "_pytest.main",
    "_pytest.nodes",
    "_pytest.assertion",
    "_pytest.assertion.rewrite",
    "pluggy._hooks",
    "pluggy._callers",
    "pluggy._manager",
    "unittest.case",
)
_BUILTINS = ("AssertionError", "BaseException", "Exception", "all", "any", "isinstance", "len", "repr", "sorted")
_OPERATORS = frozenset({"__init__", "__call__", "__enter__", "__exit__", "__eq__", "__new__"})
_HOOKS = (
    "pytest_collection_modifyitems",
    "pytest_pyfunc_call",
    "pytest_runtest_call",
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
)


class Untouched:
    """What was there before a test was imported; ``problem`` is the first thing that was not, later.

    ``hooks`` are those that came with the tests, as ``file::hook digest``.
    """

    def __init__(self) -> None:
        self.problem = ""
        self.hooks: list[str] = []
        self._known: list[tuple[Any, str, Any, Any, str]] = []
        self._hooks: dict[str, list[Any]] = {}
        self._tests: dict[str, Any] = {}

    def remember(self, config: pytest.Config, *more: type) -> None:
        """Look once, when the plug-ins are there and no test is."""
        for name in _MODULES:
            if (module := _module(name)) is not None:
                self._known += [each for owner in _owners(module) for each in _attributes(owner)]
        self._known += [each for owner in more for each in _attributes(owner)]
        builtins = sys.modules["builtins"]
        self._known += [(vars(builtins), name, vars(builtins)[name], None, name) for name in _BUILTINS]
        self._hooks = {name: _implementations(config, name) for name in _HOOKS}

    def remember_tests(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """What each collected test is going to call, and which hooks came with them."""
        self._tests = {item.nodeid: _called(item) for item in items}
        for name, before in self._hooks.items():
            now = _implementations(config, name)
            if any(each not in now for each in before):
                self._say(f"the hook {name}")
            came = [each for each in now if each not in before and not _of_conftest(each)]
            self.hooks += [_told(each, name, root=str(config.rootpath)) for each in came]
            self._hooks[name] = now

    def look_at(self, item: pytest.Item) -> None:
        """Before a test is set up for the first time: whether it is the one that was collected."""
        before = self._tests.pop(item.nodeid, None)
        if before is not None and _called(item) is not before:
            self._say(f"the test {item.nodeid}")

    def look(self, config: pytest.Config) -> None:
        """After a test: whether all is as it was."""
        if self.problem:
            return
        for owner, name, value, code, words in self._known:
            now = owner.get(name)
            if now is not value or (code is not None and _code(now) is not code):
                self._say(words)
                return
        for name, before in self._hooks.items():
            now = _implementations(config, name)
            changed = [each for each in before if each not in now]
            changed += [each for each in now if each not in before and not _of_conftest(each)]
            if changed:
                self._say(f"the hook {name}")
                return

    def _say(self, what: str) -> None:
        self.problem = self.problem or f"{what} was changed while the tests ran: code under test must leave it alone"


def _module(name: str) -> ModuleType | None:
    """One that this version of pytest has."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _owners(module: ModuleType) -> Iterator[Any]:
    yield module
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield value


def _attributes(owner: Any) -> Iterator[tuple[Any, str, Any, Any, str]]:
    """The functions and classes that an owner has, with their code."""
    held, prefix = vars(owner), getattr(owner, "__qualname__", "")
    place = f"{owner.__module__}.{prefix}" if prefix else owner.__name__
    for name, value in list(held.items()):
        is_special = name.startswith("__") and name not in _OPERATORS
        if not is_special and (_code(value) is not None or isinstance(value, type)):
            yield held, name, value, _code(value), f"{place}.{name}"


def _code(value: Any) -> Any:
    """The code of a function, also of one that a class wraps."""
    inner = getattr(value, "fget", None) or getattr(value, "__func__", value)
    return inner.__code__ if isinstance(inner, FunctionType) else None


def _implementations(config: pytest.Config, name: str) -> list[Any]:
    return [each.function for each in getattr(config.hook, name).get_hookimpls()]


def _of_conftest(function: Any) -> bool:
    """One of a folder below, which was not there yet; the gate's own rules say who may write that."""
    code = _code(function)
    return code is not None and os.path.basename(code.co_filename) == "conftest.py"  # noqa: PTH119 - text paths


def _told(function: Any, name: str, *, root: str) -> str:
    """A hook by its file, and a digest of its own lines."""
    code = _code(function)
    file = code.co_filename if code is not None else "?"
    file = file[len(root) + 1 :] if file.startswith(root + os.sep) else file
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = ""
    return f"{file}::{name} {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _called(item: pytest.Item) -> Any:
    test = getattr(item, "obj", None)
    return getattr(test, "__func__", test)
