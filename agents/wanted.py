"""The requirements of a task, as prompts tell them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fences import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..orchestrator.nouns.plan import Requirement
    from ..orchestrator.ports import Job


def requirements_of(job: Job) -> tuple[Requirement, ...]:
    """Those of the job's task, in the order of the spec."""
    return tuple(each for each in job.spec.requirements if each.id in job.task.requirements)


def listed(wanted: Sequence[Requirement]) -> str:
    """A line each."""
    return "\n".join(f"- {each.id} ({each.strength}): {plain(each.text)}" for each in wanted)


def terms_of(wanted: Sequence[Requirement]) -> list[str]:
    """A section on what the words of the requirements mean, as the spec says; nothing where they lean on no term."""
    terms = dict(term for each in wanted for term in each.terms)
    lines = "".join(f"- {plain(name)}: {plain(meaning)}\n" for name, meaning in terms.items())
    return [f"# Terms in them\n\n{lines}"] if terms else []
