"""What Python loads first in a gate's session: takes the setting of our pytest plug-in where agentctl is not installed.

A target may name that plug-in in its ``addopts``, with ``req_specs`` beside it. Then a stand-in takes the setting and
looks no id up: which ids there are is for the spec, and the commit before it has none. It comes after all else that
imports, so it is in nobody's way; and it is copied under the name ``sitecustomize``, so that a target's own is not
found. Standard library only, Python 3.8 or later.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    import pytest

PLUGIN = "agentctl.orchestrator.evidence.pytest_req"
INI = "req_specs"


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the plug-in and the packages it is in, and makes them: empty, but for the one hook."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of one of ours."""
        del path, target
        if not f"{PLUGIN}.".startswith(f"{fullname}."):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=fullname != PLUGIN)

    def exec_module(self, module: ModuleType) -> None:
        """The plug-in has its hook."""
        if module.__name__ == PLUGIN:
            vars(module)["pytest_addoption"] = pytest_addoption


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting that names the specs."""
    parser.addini(INI, "specs whose ids @pytest.mark.req may name", type="linelist", default=[])


if __name__ == "sitecustomize":
    sys.meta_path.append(StandIn())
