"""What a contract's tests say of the tree before the work: rightly red, or green where they preserve. Pure.

A test that is red because it cannot run at all would be red for ever, and its task with it. One that is green before
the work decides nothing. Anything else that goes wrong, a module that is missing, a stub that raises, a file that is
not there, is what not being done looks like.
"""

from collections.abc import Collection

from ..nouns.plan import LockedTest
from ..nouns.verdicts import GateReport, TestResult
from .contract_languages import language_for

_LONGEST = 400


def objection(report: GateReport, test: LockedTest, *, preserve: bool, there: Collection[str] = ()) -> str:
    """Why a test cannot be locked, as the end of a sentence about it; empty where it can.

    ``report`` is of a session on the base with the team's stubs, in which this test ran among others; ``there`` are the
    paths of that tree.
    """
    language = language_for(test.path)
    if not report.complete:
        return f"keeps the test run from ending: {_short(report.problem)}"
    results = {each.id: each for each in report.results}
    whole = results.get(test.path)
    if whole is not None and not language.is_unmade(whole.detail, test, there):
        return f"cannot be collected: {_short(whole.detail)}"
    seen = [results[name] for name in test.tests if name in results]
    if preserve:
        return _not_green(test, seen, whole)
    if whole is not None:
        return ""
    if len(seen) < len(test.tests):
        lacking = next(name for name in test.tests if name not in results)
        return f"was not collected as a whole: {language.runner} found no {lacking.partition('::')[2]}"
    for each in seen:
        if words := _own_fault(each, test, there):
            return words
    if all(each.outcome == "passed" for each in seen):
        return "passes without the work, so it decides nothing"
    return ""


def _not_green(test: LockedTest, seen: list[TestResult], whole: TestResult | None) -> str:
    red = next((each for each in (*seen, whole) if each is not None and each.outcome != "passed"), None)
    if red is not None:
        return f"is red before the work, so there is nothing it preserves: {_short(red.detail)}"
    return "" if len(seen) == len(test.tests) else "was not collected as a whole"


def _own_fault(result: TestResult, test: LockedTest, there: Collection[str]) -> str:
    """What went wrong in the test itself, which no work on the program would mend."""
    name = result.id.partition("::")[2]
    if result.outcome in {"skipped", "xfailed", "xpassed"}:
        return f"has a test that does not count: {name} was {result.outcome}"
    if result.outcome != "passed" and language_for(test.path).is_own_fault(result, test, there):
        return f"is wrong in itself: {name} ended with {_short(result.detail)}"
    if result.outcome == "error" and "fixture '" in result.detail and "not found" in result.detail:
        return f"uses a fixture that there is not: {_short(result.detail)}"
    return ""


def _short(detail: str) -> str:
    lines = [line.strip() for line in detail.strip().splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("E ")] or lines[-3:]
    text = " | ".join(line.removeprefix("E").strip() for line in told)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
