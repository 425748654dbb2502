"""What a task's work depends on, as one hash: a patch made under it can be used again. Pure.

Patches are reused, verdicts are not: the gate judges a reused patch like any other. So what only the gate sees, such
as a holdout or the gate's commands, is no part of the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from ..nouns.plan import SpecView, Task

MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What reaches a worker's prompts beside its task and its requirements."""

    checks: Mapping[str, str] = field(default_factory=dict)
    """`specs.keys.check_key` by check id. The text of a compiled check holds lines of the spec, and moves with them."""
    interfaces: Mapping[str, str] = field(default_factory=dict)
    """Hashes of what the task's dependencies declare, by any stable name; not of their bodies."""
    contract: Mapping[str, str] = field(default_factory=dict)
    """The stubs that a task is shown, by path; its locked tests are among its checks."""
    decisions: tuple[tuple[str, str], ...] = ()
    """Questions that concern the task, and their answers."""
    guides: str = ""
    """One hash of what the repository itself advises; our own guides are in `prompt`."""
    prompt: str = ""
    """The version of the worker's prompt and of our guides."""
    ladder: tuple[str, ...] = ()


def action_key(task: Task, spec: SpecView, given: Surroundings) -> str:
    """Equal for two tasks that ask for the same work in the same surroundings, whatever their ids and their plans.

    The requirements count by their keys (`specs.keys.requirement_key`), so re-wrapping a spec, moving its items or
    changing a strength changes no action key; of the checks those that the worker may see.
    """
    keys = {requirement.id: requirement.key for requirement in spec.requirements}
    secret = {locked.check for locked in spec.locked if locked.secret}
    open_checks = (check for check in task.checks if check not in secret)
    return _hash(
        {
            "title": (" ".join(task.title.split()),),
            "goal": (" ".join(task.goal.split()),),
            "requirements": _pairs({each: keys.get(each, MISSING) for each in task.requirements}),
            "owns": tuple(sorted(set(task.owns))),
            "checks": tuple(sorted(given.checks.get(check, MISSING) for check in open_checks)),
            "interfaces": _pairs(given.interfaces),
            **({"contract": _pairs(given.contract)} if given.contract else {}),
            "decisions": tuple(part for pair in sorted(given.decisions) for part in pair),
            "guides": (given.guides,),
            "prompt": (given.prompt,),
            "ladder": given.ladder,
        }
    )


def _pairs(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(part for pair in sorted(values.items()) for part in pair)


def _hash(parts: Mapping[str, tuple[str, ...]]) -> str:
    """Lengths go in with the texts, so that no two lists of parts look alike."""
    total = sha256()
    for name, texts in parts.items():
        for text in (name, str(len(texts)), *texts):
            raw = text.encode("utf-8", "replace")
            total.update(b"%d:" % len(raw) + raw)
    return total.hexdigest()
