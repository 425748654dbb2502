"""Another kernel than Linux, as far as tests can have one: the calls that are Linux's alone are hidden."""

import os
from pathlib import Path

import psutil
import pytest
from agentctl.orchestrator import kernel
from agentctl.orchestrator.sandbox import tree

CALLS = ("memfd_create", "pidfd_open", "waitid", "pipe2", "sched_getaffinity")


def hide_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the calls and /proc; psutil, which keeps its own way there, tells the beginning of a process as /proc does.

    Else tests beside this one would take the owner of a process for another, and end what it started.
    """
    monkeypatch.setattr(kernel, "LINUX", False)
    monkeypatch.setattr(tree, "PROC", "")
    monkeypatch.setattr(psutil.Process, "create_time", _began)
    for name in CALLS:
        monkeypatch.delattr(os, name)


def _began(process: psutil.Process) -> float:
    try:
        return int(Path(f"/proc/{process.pid}/stat").read_bytes().rpartition(b")")[2].split()[19]) / 100
    except OSError as error:
        raise psutil.NoSuchProcess(process.pid) from error
