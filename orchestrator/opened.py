"""Runs that are over and are opened again, because a person added something or wants something taken back.

Each opening is a choice with a number, so that two who open it at once open it once, and the run's graph goes on in a
thread of its own, whose beginning finds what was built. Whoever ends a run looks for wishes afterwards, and whoever
wishes looks whether it is over afterwards: one of the two sees the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .nouns.events import Chosen, RunMoved
from .rules.amending import AMENDED, REVERTS
from .rules.following import FOLLOWS

if TYPE_CHECKING:
    from .ports import Store

OPENED = "opened:"
"""Prefix of the choices that say why a run that was over was opened again, numbered from 1."""
_OPENS = {"done", "failed"}
"""What can be opened: a run that was cancelled was not wanted."""


def times_opened(store: Store) -> int:
    """How often a run was opened again."""
    number = 0
    while store.choice(f"{OPENED}{number + 1}") is not None:
        number += 1
    return number


def wished(store: Store) -> tuple[str, ...]:
    """What nobody has seen to yet, in a few words each."""
    hands = store.hands()
    added = (f"{e.requirement} was added" for e in hands.amendments if not store.choice(f"{AMENDED}{e.number}"))
    gone = (f"{e.task} is to be taken back" for e in hands.reverts if not store.choice(f"{REVERTS}{e.number}"))
    moved = (f"{e.branch} is to be followed" for e in hands.follows if not store.choice(f"{FOLLOWS}{e.number}"))
    return (*added, *gone, *moved)


def open_again(store: Store) -> bool:
    """Open a run that is over and of which something is wished; whether it was opened."""
    wishes = wished(store)
    if store.run().state not in _OPENS or not wishes:
        return False
    opened = Chosen(key=f"{OPENED}{times_opened(store) + 1}", value="; ".join(wishes))
    store.append(opened, RunMoved(state="building", reason=f"opened again: {opened.value}"), author="driver")
    return True


def thread_of(run: str, store: Store) -> str:
    """The thread of the run's graph: each time that the run is opened another one."""
    number = times_opened(store)
    return f"{run}#{number}" if number else run


def opened_at(store: Store) -> int:
    """The number of the event with which a run was opened last; 0 for one that never was. What came before is heard."""
    if not times_opened(store):
        return 0
    return max(e.seq for e in store.events() if isinstance(e.fact, Chosen) and e.fact.key.startswith(OPENED))
