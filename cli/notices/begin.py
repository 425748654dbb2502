"""Makes of the settings what a run's driver tells people with, and what goes on with it when the driver is gone."""

import threading
import time
from pathlib import Path

from ...orchestrator.errors import RunStateError, SettingsError, UsageError
from ...orchestrator.rules.notices import Patience
from ...orchestrator.rules.quiet import is_quiet
from ...orchestrator.store.folder import RunFolder
from .. import processes
from ..output import say
from ..repository import OpenRun, opened
from ..settings import Flags, load
from .channels import channels
from .delivered import Delivered, held
from .notice import trial_notice
from .telling import ASKED_HERE, STANDS, Notices, couriers, here
from .wanted import Wanted
from .watched import is_watched

_NOBODY = "Nobody is told anything: name a channel below [notify] in agentctl.toml (docs/notify.md)."
_LOOK = 30.0
"""Seconds between two looks of whoever waits for the end of the quiet hours."""


def notices(wanted: Wanted, root: Path, *, asks: bool = False) -> Notices:
    """What a driver of a run in ``root`` tells with; ``asks``: its questions are asked at its own terminal first."""
    runs = root / ".agentctl" / "runs"
    return Notices(
        channels=channels(wanted, watched=lambda run: is_watched(runs / run)).usable,
        patience=Patience(quiet=wanted.quiet, digest=wanted.digest, stands=ASKED_HERE if asks else STANDS),
        later=_tell_later,
    )


def is_quiet_here(root: Path, *, now: float) -> bool:
    """Whether the settings of a repository want no bell at that moment; settings that cannot be read want nothing."""
    try:
        quiet = load(root, Flags()).notify.quiet
    except SettingsError:
        return False
    return is_quiet(quiet, now=now, zone=here(now))


def say_troubles(wanted: Wanted) -> None:
    """Say before a run begins which channels will be silent, and why."""
    for trouble in channels(wanted).troubles:
        say(f"notify: {trouble}")


def _tell_later(folder: RunFolder) -> None:
    root = folder.path.parents[2]
    command = ["notify", folder.run, "--repo", str(root), "--wait", "--no-input"]
    processes.detach(command, log=folder.path / "notices.log")


def try_out(wanted: Wanted) -> bool:
    """Send one notice over each channel and say what each answered; whether all did.

    Raises:
        UsageError: there is no channel.
    """
    from .channel import NotDelivered, NotNow

    made = channels(wanted)
    if not wanted.any:
        raise UsageError(_NOBODY)
    for trouble in made.troubles:
        say(trouble)
    fine = not made.troubles
    notice = trial_notice(at=time.time())
    for channel in made.usable:
        try:
            say(f"{channel.name}: {channel.tell(notice)}")
        except NotNow as reason:
            say(f"{channel.name}: {reason}")
        except NotDelivered as error:
            say(f"{channel.name}: {error}")
            fine = False
    return fine


def deliver(wanted: Wanted, folder: RunFolder, root: Path, *, wait: bool) -> tuple[int, int]:
    """Deliver what an earlier driver left; with ``wait``, stay until the quiet hours are over.

    Returns how many notices it is too early for, and how many a channel could not be told. A driver that has begun
    meanwhile does it itself.

    Raises:
        UsageError: there is no channel.
        RunStateError: another process delivers.
    """
    if not wanted.any:
        raise UsageError(_NOBODY)
    say_troubles(wanted)
    told, given_up = notices(wanted, root), 0
    while True:
        if folder.driver() is not None:
            say(f"{folder.run} is driven, and its driver delivers")
            return 0, 0
        with held(folder.path) as delivered:
            if delivered is None:
                raise RunStateError(f"Another process delivers the notices of {folder.run}: let it end.")
            with opened(folder, write=True) as run:
                left, lost = _once(folder, told, delivered, run)
        given_up += lost
        if not left or not wait:
            return left, given_up
        time.sleep(_LOOK)


def _once(folder: RunFolder, told: Notices, delivered: Delivered, run: OpenRun) -> tuple[int, int]:
    """One round of every channel; returns for how many notices it is too early, and how many were given up."""
    stopped = threading.Event()
    stopped.set()
    made = couriers(folder, told, delivered, after=run.store.last_event(), stopped=stopped)
    for courier in made:
        courier.serve()
    early = {event for courier in made for event in courier.early}
    return len(early), sum(courier.given_up for courier in made)
