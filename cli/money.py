"""What a run has spent of its cap, and a person's word that raises it."""

import argparse

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.events import BudgetRaised
from ..orchestrator.rules.asking import money, read_budget_answer
from ..orchestrator.store.folder import find
from ..tui.clean import clean
from . import processes
from .asking import answer
from .by_hand import in_hand
from .going_on import say_who_goes_on
from .one_at_a_time import one_at_a_time
from .output import emit, emit_json, say
from .repository import OpenRun, locate, opened


def tell(args: argparse.Namespace) -> int:
    """Spent, in flight, and the cap."""
    with opened(find(locate(args.repo), args.run)) as run:
        totals, cap = run.journal.totals(), run.cap_usd
    if args.json:
        emit_json({"spent_usd": totals.usd, "reserved_usd": totals.reserved_usd, "cap_usd": cap})
    else:
        emit([f"spent {money(round(totals.usd, 6))} of {money(cap)}; in flight up to {money(totals.reserved_usd)}"])
    return 0


def raise_cap(args: argparse.Namespace) -> int:
    """More from here on. Where a question waits for more, this is its answer. Raises UsageError for no amount."""
    with in_hand(args) as run:
        say(raised(run, " ".join(args.amount), author=processes.person(locate(args.repo))))
        say_who_goes_on(run.folder)
    return 0


def raised(run: OpenRun, amount: str, *, author: str) -> str:
    """Raise the cap of a run by what was typed, ``2.50`` or ``to 30``; returns what it is then, in words.

    Raises:
        UsageError: that is no amount, or raises nothing.
    """
    with one_at_a_time(run.folder.path / "budget.lock"):
        cap = run.cap_usd
        reply = read_budget_answer(amount.removeprefix("+"), cap_usd=cap)
        if reply.kind != "raise":
            raise UsageError(
                f"`{clean(amount, width=40)}` raises nothing: the cap is {money(cap)}; say by how much it rises, "
                f"such as 2.50, or `to {cap + 1:.2f}`. `agentctl cancel` ends a run."
            )
        run.may_raise(reply.usd)
        words = f"the cap of run {run.folder.run} is {money(round(cap + reply.usd, 6))}"
        waiting = next((each for each in run.store.questions(only_open=True) if each.question.kind == "budget"), None)
        if waiting is None:
            run.store.append(BudgetRaised(usd=reply.usd), author=author)
            return words
        answer(run, waiting, f"raise the cap by {money(reply.usd)}", author=author)
        return f"{words}: that answers {waiting.id}"
