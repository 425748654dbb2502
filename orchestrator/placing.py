"""Into whose slice a fix goes: by what whoever delivers knows of it, by what it changed, by what was said before.

What a delivery came to is kept with the run, so that the next one, by whomever, comes to the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from .nouns.delivery import Cut
from .nouns.events import Chosen
from .ports import Store
from .rules.amending import AMENDS
from .rules.dealing import Dealing
from .rules.slicing import Portion, hosts

PLACED = "placed:"
"""Prefix of the choices that say where a fix went; goes on with its task and how often that was said."""
HELD = "held:"
"""Prefix of the choices that say which tasks a slice held; goes on with its name and how often that was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is known of fixes beside what they change."""

    about: Mapping[str, str] = field(default_factory=dict)
    """By task the name of the slice whose pull request it is about."""
    shut: frozenset[str] = frozenset()
    """The slices whose pull requests are merged or closed."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a delivery put a fix."""

    beside: str = ""
    """A task of the slice; empty on top."""
    aside: str = ""
    """Why it is not where it belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """All that says where the fixes of a run go."""

    store: Store
    wishes: Wishes = field(default_factory=Wishes)
    minutes: float = 0.0

    def dealing(self, portions: Sequence[Portion]) -> Dealing:
        """The landings with each fix where it belongs, as far as is known before that is tried."""
        landed = [each.task for each in portions]
        added = {task for task in landed if self._is_added(task)}
        said, held = self._places(), held_by(self.store)
        shut = {*self.wishes.shut, *(each.name for each in self.store.pulls() if each.state != "open")}
        for task, name in self.wishes.about.items():
            if task not in said and name in shut:
                said[task] = Place(aside=f"{task} is about {name}, which was merged or closed before that was built.")
            elif task not in said and (there := [each for each in held.get(name, ()) if each in landed]):
                said[task] = Place(beside=there[0])
        beside = hosts(
            portions,
            added=added,
            said={task: each.beside for task, each in said.items()},
            shut={task for name in shut for task in held.get(name, ())},
            minutes=self.minutes,
        )
        aside = {task: each.aside for task, each in said.items() if each.aside and task in landed}
        return Dealing(portions=tuple(portions), minutes=self.minutes, beside=beside, aside=aside)

    def keep(self, dealing: Dealing, cuts: Sequence[Cut]) -> None:
        """Write down what a delivery came to; done again it writes nothing."""
        before, held = self._places(), held_by(self.store)
        for each in dealing.portions:
            place = Place(beside=dealing.beside.get(each.task, ""), aside=dealing.aside.get(each.task, ""))
            wanted = self._is_added(each.task) or each.task in self.wishes.about
            if wanted and before.get(each.task) != place:
                self._choose(PLACED, each.task, msgspec.json.encode(place).decode())
        for cut in cuts:
            if held.get(cut.slice.name, []) != list(cut.slice.tasks):
                self._choose(HELD, cut.slice.name, " ".join(cut.slice.tasks))

    def _places(self) -> dict[str, Place]:
        """By task where it was put last."""
        return {task: msgspec.json.decode(value, type=Place) for task, value in _said(self.store, PLACED)}

    def _is_added(self, task: str) -> bool:
        return self.store.choice(f"{AMENDS}{task}") is not None

    def _choose(self, prefix: str, name: str, value: str) -> None:
        """Every time under a key of its own: what was chosen first under a key stays."""
        times = sum(each == name for each, _ in _said(self.store, prefix))
        self.store.append(Chosen(key=f"{prefix}{name}:{times + 1}", value=value), author="driver")


def held_by(store: Store) -> dict[str, list[str]]:
    """The tasks of each slice; a task is in the slice that was said to hold it last."""
    found: dict[str, list[str]] = {}
    for name, tasks in _said(store, HELD):
        known = tasks.split()
        found = {other: [each for each in its if each not in known] for other, its in found.items()}
        found[name] = known
    return found


def _said(store: Store, prefix: str) -> Iterator[tuple[str, str]]:
    """Each name with what was said of it, in the order in which that was."""
    for event in store.events():
        if isinstance(event.fact, Chosen) and event.fact.key.startswith(prefix):
            yield event.fact.key.removeprefix(prefix).rpartition(":")[0], event.fact.value
