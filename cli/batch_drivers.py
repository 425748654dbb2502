"""Who drives the run of a batch: a process that the batch started, or one that an earlier batch left at work."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from ..orchestrator.store.folder import RunFolder
from . import processes
from .driving import detached_log


class Driving(Protocol):
    """A process that drives a run."""

    def ended(self) -> int | None:
        """Its exit code; None while it lives."""
        ...

    def signal(self, number: int) -> None:
        """Tell it to drain, or to stop."""
        ...


Launch = Callable[[RunFolder, list[str]], Driving]
"""Starts a driver for a run, with more options of `resume`."""


@dataclass(frozen=True, slots=True)
class Child:
    """A driver that this process started."""

    pid: int

    def ended(self) -> int | None:
        """As `Driving`."""
        return processes.ended(self.pid)

    def signal(self, number: int) -> None:
        """As `Driving`."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A driver that an earlier process started, and that is still at work."""

    folder: RunFolder

    def ended(self) -> int | None:
        """0 once nothing drives the run; its exit code is not known, its run's state is."""
        return None if self.folder.driver() is not None else 0

    def signal(self, number: int) -> None:
        """As `Driving`."""
        if found := re.match(r"process (\d+),", self.folder.driver() or ""):
            with suppress(ProcessLookupError):
                os.kill(int(found[1]), number)


def launched(folder: RunFolder, options: list[str]) -> Driving:
    """A driver in a session of its own, so that Ctrl-C reaches it through this process only."""
    command = ["resume", folder.run, "--repo", str(folder.path.parents[2]), "--progress", "plain", "--no-input"]
    return Child(processes.detach([*command, "--no-wait", *options], log=detached_log(folder)))
