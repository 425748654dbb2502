"""Whether a plan that holds needs a person's word before it is built. Pure."""

from ..nouns.plan import Estimate, Plan, SpecView
from ..nouns.runs import RunSettings
from .guarded import given_elsewhere

ALWAYS = "policy:approve"
UNDER = "policy:approve-under"


def approved_by(plan: Plan, estimate: Estimate, *, spec: SpecView, settings: RunSettings) -> str | None:
    """The policy that approves a plan without findings; None where a person is asked.

    One that gives a task files which decide what runs elsewhere is asked about, unless the spec names them itself.
    A figure that leaves out models whose price nobody knows is no estimate that could be under anything.
    """
    if given_elsewhere(plan.tasks, spec):
        return None
    if settings.approve or spec.small or not plan.tasks:
        return ALWAYS
    known = estimate.usd is not None and not estimate.outside_cap
    if settings.approve_under is not None and known and (estimate.usd or 0.0) < settings.approve_under:
        return UNDER
    return None
