"""What an earlier run of a spec left behind, and what a planner makes of it when the spec was edited since."""

from dataclasses import dataclass, field

from .plan import Plan, Task, Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A question that an earlier run had answered; ``requirements`` are whom it concerns, empty for everyone."""

    question: str
    answer: str
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit of the spec means for its plan."""

    dirty: frozenset[str] = frozenset()
    """Requirements whose work may have to change."""
    removed: frozenset[str] = frozenset()
    interfaces: frozenset[str] = frozenset()
    """Paths of interfaces that changed and are still declared."""
    known: frozenset[str] = frozenset()
    """Every requirement there is now."""
    must: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The plan that was built, and what the edits since touch of it."""

    plan: Plan
    """Every task of it, those that never landed included."""
    landed: frozenset[str] = frozenset()
    """The tasks whose work is in the run's base."""
    edit: Edit = field(default_factory=Edit)
    story: str = ""
    """What was edited, in old words and new ones."""
    decided: tuple[Decided, ...] = ()
    contract: tuple[str, ...] = ()
    """Paths of leads' tests that the edit does not touch: they stay, and nobody may change them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A planner's answer to an edit: what is kept, what is new, what goes."""

    summary: str
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    teams: tuple[Team, ...] = ()
    """Teams that were added."""
    new: tuple[Task, ...] = ()
    notes: tuple[str, ...] = ()
