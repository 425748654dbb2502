"""The questions the orchestrator itself asks, and what an answer to each means. Pure."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..nouns.events import QuestionAnswered
from ..nouns.plan import Conflict, Estimate, Finding, Plan
from ..nouns.questions import Asked, Autonomy, Option, Question
from .guarded import elsewhere
from .outside_cap import beside_the_cap

APPROVE = "approve"
STOP = "stop"
AGAIN = "try again"
GIVE_UP = "give up"
DROP = "drop the task"
TAKE = "take it over"
TAKEN_OVER = "a person takes the task over"
"""What is entered where somebody takes a task by hand that nobody could do: not their words."""
MOST_USD = 1_000_000.0
"""More than this in one answer is a slip of the hand."""
_DIGITS = 20
_AMOUNT = re.compile(
    r"(?:raise(?:\s+(?:it|the\s+cap|the\s+budget|cap|budget))?\b\s*)?(?:(?P<how>by|to)\b\s*)?"
    r"(?P<dollar>\$\s*)?(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    r"\s*(?P<unit>\$|usd|dollars?|cents?|¢)?\s*\.?",
    re.IGNORECASE,
)
"""An amount begins with a digit: a shell makes ``.50`` of an unquoted ``$2.50``."""


def plan_question(
    plan: Plan,
    estimate: Estimate,
    *,
    number: int,
    findings: tuple[Finding, ...] = (),
    conflicts: tuple[Conflict, ...] = (),
) -> Question:
    """May this be built? ``number`` counts the proposals, so that each is asked about once."""
    cost = "not known" if estimate.usd is None else f"about ${estimate.usd:.2f}"
    cost += beside_the_cap(estimate.outside_cap)
    text = (
        f"Build this plan? {_counted(len(plan.tasks), 'task')} in {_counted(len(plan.teams), 'team')}"
        f"{_inherited(plan)}, about {_counted(estimate.calls, 'call')}, "
        f"cost {cost}, about {estimate.minutes:.0f} min; critical path {' > '.join(estimate.critical_path)}."
        f"{_counterfactual(estimate)}"
    )
    wrong = "\n".join(f"- {finding.task or 'plan'}: {finding.message}" for finding in findings)
    options = (
        Option(text=APPROVE, consequence="work starts"),
        Option(text="refuse: <your reason>", consequence="the planner proposes again"),
        Option(text=STOP, consequence="the run ends; nothing was changed"),
    )
    return Question(
        key=f"plan:{number}",
        kind="plan",
        text=text if not findings else f"The plan does not hold and has to be edited or refused:\n{wrong}",
        options=options[1:] if findings else options,
        why="\n".join(part for part in (_given(plan), _foreseen(conflicts)) if part),
        recommended=None if findings else 0,
        asked_by="planner",
        evidence=plan.summary,
    )


def _given(plan: Plan) -> str:
    """The files that decide what runs elsewhere, which tasks may change once it is approved."""
    given = [(task.id, paths) for task in plan.tasks if (paths := elsewhere(task.owns))]
    lines = [f"- {name} may change {', '.join(paths)}" for name, paths in given]
    return (
        "\n".join(["whoever approves lets files be changed that decide what runs elsewhere:", *lines]) if lines else ""
    )


def _foreseen(conflicts: tuple[Conflict, ...]) -> str:
    """What the person should know of tasks that may run at the same time; nothing of it stops a plan."""
    if not conflicts:
        return ""
    told = "\n".join(f"- {each.message}" for each in conflicts)
    return f"{_counted(len(conflicts), 'conflict')} foreseen, and nothing that stops it:\n{told}"


def _counterfactual(estimate: Estimate) -> str:
    """What the team is to be better than; nothing for a single task."""
    alone = estimate.alone
    if alone is None:
        return ""
    cost = "" if alone.usd is None else f", ${alone.usd:.2f}"
    source = f"from {_counted(alone.tried, 'attempt')} here" if alone.tried else "a guess: nothing was tried here yet"
    return (
        f" The team gains {estimate.gain:.1f}x over one worker after another; "
        f"one strong agent alone would take about {alone.minutes:.0f} min{cost} ({source})."
    )


def may_approve(question: Question) -> bool:
    """Whether the plan that is asked about holds, so that it may be built as it is."""
    return any(option.text == APPROVE for option in question.options)


def _inherited(plan: Plan) -> str:
    """Of an edited spec: what stays, and what goes."""
    if not plan.kept and not plan.dropped:
        return ""
    gone = f", {', '.join(plan.dropped)} dropped" if plan.dropped else ""
    return f" ({', '.join(task.id for task in plan.kept) or 'nothing'} kept{gone})"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """What a person said of a plan; ``text`` is the reason of a refusal or the edited plan as JSON."""

    kind: Literal["approve", "refuse", "edited", "stop"]
    text: str = ""


def read_plan_answer(answer: str) -> PlanAnswer:
    """Anything that is not an approval, an edit or a stop is a refusal with that reason."""
    word, _, rest = answer.strip().partition(":")
    match word.strip().lower():
        case "approve" | "yes" | "ok":
            return PlanAnswer(kind="approve")
        case "stop" | "no":
            return PlanAnswer(kind="stop")
        case "edited":
            return PlanAnswer(kind="edited", text=rest.strip())
        case "refuse":
            return PlanAnswer(kind="refuse", text=rest.strip() or "no reason was given")
        case _:
            return PlanAnswer(kind="refuse", text=answer.strip())


def budget_question(*, message: str, missing_usd: float, number: int) -> Question:
    """The cap is reached: more, or stop. Work that is parked here has lost nothing."""
    more = max(1.0, round(missing_usd * 4, 2))
    return Question(
        key=f"budget:{number}",
        kind="budget",
        text=message,
        why="No further model call fits under the cap; everything done so far is saved.",
        options=(
            Option(text=f"raise the cap by ${more:.2f}", consequence="the parked tasks go on"),
            Option(text=STOP, consequence="the run ends; what has landed stays"),
        ),
        asked_by="budget",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetAnswer:
    """What a person said at the cap; ``usd`` is by how much it rises. What is unclear is asked again."""

    kind: Literal["raise", "stop", "unclear"]
    usd: float = 0.0


def read_budget_answer(answer: str, *, cap_usd: float | None = None) -> BudgetAnswer:
    """An amount, alone or after "raise", "by" or "to", is by how much the cap rises; all of the answer has to say so.

    "to" needs ``cap_usd``, the cap as it stands; nothing, and what would lower it, is unclear. Only the word itself
    ends a run: that cannot be undone.
    """
    text = answer.strip()
    if text.lower() == STOP:
        return BudgetAnswer(kind="stop")
    found = _AMOUNT.fullmatch(text)
    unit = (found["unit"] or "").lower() if found is not None else ""
    if found is None or (found["dollar"] and unit) or (len(found["number"]) > _DIGITS):
        return BudgetAnswer(kind="unclear")
    usd = float(found["number"].replace(",", "")) / (100 if unit.startswith(("cent", "¢")) else 1)
    if (found["how"] or "").lower() == "to":
        usd = 0.0 if cap_usd is None else round(usd - cap_usd, 6)
    return BudgetAnswer(kind="raise", usd=usd) if 0 < usd <= MOST_USD else BudgetAnswer(kind="unclear")


def money(usd: float) -> str:
    """``$2.50``; with more places where a cent is too coarse for it."""
    places = next((places for places in (2, 4) if round(usd, places) == usd), 6)
    return f"${usd:.{places}f}"


def trouble_question(*, cause: str, message: str, number: int, planning: bool = False) -> Question:
    """The models cannot be reached or refuse: the same for every task that meets it, so asked once.

    ``planning``: no task has begun, so giving up ends the run.
    """
    end = "the run ends; nothing was built" if planning else "this attempt ends and the next rung begins"
    return Question(
        key=f"trouble:{cause}:{number}",
        kind="escalation",
        text=message,
        options=(
            Option(text=AGAIN, consequence="the calls that failed are made again"),
            Option(text=GIVE_UP, consequence=end),
        ),
        recommended=0,
        asked_by="models",
    )


def stuck_question(
    *, task: str, title: str, reason: str, attempts: int, requirements: tuple[str, ...], deliberate: bool = False
) -> Question:
    """Every rung of the ladder has failed at a task; ``deliberate`` where the ladder itself says to ask now."""
    tried = "was tried by nobody yet" if not attempts else f"failed {_counted(attempts, 'time')}"
    what = f"{tried}, and its ladder says to ask you now" if deliberate else "failed on every rung of the ladder"
    again = "the next rung tries" if deliberate else "the ladder starts over"
    return Question(
        key=f"stuck:{task}:{attempts}",
        kind="escalation",
        text=f"{task} ({title}) {what}. What now? Anything else is advice to its worker.",
        why=reason,
        options=(
            Option(text=AGAIN, consequence=f"{again}, knowing what failed"),
            Option(text=DROP, consequence="the task and what depends on it are left out"),
            Option(text=STOP, consequence="the run ends; what has landed stays"),
        ),
        asked_by=task,
        requirements=requirements,
    )


def clash_question(
    *, task: str, title: str, both: str, attempt: int, times: int, requirements: tuple[str, ...]
) -> Question:
    """What a task did was changed by others first, and that not for the first time; ``both`` shows both sides."""
    return Question(
        key=clash_key(task, attempt),
        kind="escalation",
        text=(
            f"{task} ({title}) changes lines that others changed and landed first, for the {_ordinal(times)} time. "
            "Which side holds, or how do both? What is answered is told to its next worker."
        ),
        why=both,
        options=(
            Option(
                text=AGAIN, consequence="the next attempt brings its change in on what landed, and decides by itself"
            ),
            Option(text=TAKE, consequence=f"nobody works on it but you: `agentctl take {task}`; `retry` undoes this"),
            Option(text=DROP, consequence="the task and what depends on it are left out"),
        ),
        asked_by=task,
        requirements=requirements,
    )


def clash_key(task: str, attempt: int) -> str:
    """The key of the question about what that attempt clashed with."""
    return f"stuck:{task}:clash:{attempt}"


def is_of_clash(question: Question) -> bool:
    """Whether a question is one of those: its answer uses up nothing of the ladder."""
    return ":clash:" in question.key


def withdrawn(asked: Iterable[Asked], task: str, answer: str) -> list[QuestionAnswered]:
    """What answers the open questions about a task that is stuck, where a person's hand has decided them."""
    about = (each.question.key for each in asked if each.answer is None)
    return [QuestionAnswered(key=key, answer=answer) for key in about if key.startswith(f"stuck:{task}:")]


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def policy_answer(question: Question, autonomy: Autonomy) -> str | None:
    """What is answered without a person, if anything. Budgets, plans and policy always wait for one.

    What a task owns is never widened so: an option that would is not taken.
    """
    if question.kind != "decision" or autonomy == "ask-always":
        return None
    if question.default is not None:
        return question.default
    if autonomy == "ask-blocking":
        return None
    if question.recommended is not None and question.options and not question.options[question.recommended].paths:
        return question.options[question.recommended].text
    stays = " What you may write stays as it is." if question.may_widen else ""
    return (
        "Nobody is there to ask. Choose the most conventional behaviour, and say in your summary what you assumed."
        f"{stays}"
    )


def question_key(text: str, requirements: tuple[str, ...]) -> str:
    """The key under which two workers who ask the same thing ask it once."""
    words = " ".join(re.findall(r"\w+", text.lower()))
    return hashlib.sha256(f"{words}|{','.join(sorted(requirements))}".encode()).hexdigest()[:16]
