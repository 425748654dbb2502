"""What of a critic's word counts: a claim blocks a patch only where code can check it. Pure.

A critic reads well and judges badly (AUC 0.45 to 0.48 outside of benchmarks), so it may block with two things only: a
sentence of a requirement, word for word, beside the line of the diff that breaks it; or a test that fails on the patch
by its own assertion. Everything else it says is advice.
"""

import ast
import re
from collections.abc import Sequence

from ..nouns.plan import LockedTest, Requirement
from ..nouns.reviews import Claim

MOST_BLOCKS = 2
"""Times one attempt is sent back by a critic."""
MOST_CLAIMS = 3
"""Claims of one review that are looked at."""
MOST_NOTES = 5
FEWEST_WORDS = 3
"""Of a quote; fewer are found in any requirement."""
LONGEST_EXAMPLE = 4_000
EXAMPLE = "tests/critic_example/test_critic_example.py"

_WORD = re.compile(r"\w+")


def quoted(claim: Claim, requirements: Sequence[Requirement]) -> Requirement | None:
    """The requirement whose words the claim quotes; None where none of them has that sentence."""
    wanted = _plain(claim.quote)
    if len(_WORD.findall(wanted)) < FEWEST_WORDS:
        return None
    named = sorted(requirements, key=lambda each: each.id != claim.requirement)
    return next((each for each in named if wanted in _plain(each.text)), None)


def breaking_line(claim: Claim, diff: str) -> str:
    """The line of the diff that the claim names, as it stands there; empty where no line was changed to that."""
    wanted = _bare(claim.line)
    if not _WORD.search(wanted):
        return ""
    return next((line for line in _changed(diff) if _bare(line) == wanted), "")


def example(claim: Claim, requirements: Sequence[Requirement]) -> LockedTest | None:
    """The claim's test as one that the gate can run; None where it is none, or is about no requirement of the task.

    Its test functions stand at the top level, it asserts something, and it imports what that is about.
    """
    text = claim.test.strip() + "\n"
    about = [each.id for each in requirements if each.id == claim.requirement]
    if not about or len(text) > LONGEST_EXAMPLE:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = [each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]
    nodes = [type(each) for each in ast.walk(tree)]
    if not names or ast.Assert not in nodes or not {ast.Import, ast.ImportFrom} & {*nodes}:
        return None
    return LockedTest(
        check="critic",
        requirements=tuple(about),
        path=EXAMPLE,
        text=text,
        tests=tuple(f"{EXAMPLE}::{name}" for name in dict.fromkeys(names)),
    )


def told_quote(claim: Claim, requirement: Requirement, line: str) -> str:
    """Why a patch is sent back over a requirement, for its worker."""
    return f"- {requirement.id} says: {claim.quote.strip()}\n  This line breaks it: {line.strip()}\n  {_why(claim)}"


def told_example(claim: Claim, test: LockedTest, detail: str) -> str:
    """Why a patch is sent back over an example, for its worker."""
    body = "\n".join(f"    {line}" for line in test.text.rstrip().splitlines())
    seen = "\n".join(f"    {line}" for line in detail.strip().splitlines()[:20])
    return f"- {claim.requirement}: this test fails on your patch:\n{body}\n  It says:\n{seen}\n  {_why(claim)}"


def advice(claim: Claim, because: str) -> str:
    """A claim that blocks nothing, as a note on one line."""
    about = f"{claim.requirement}: " if claim.requirement else ""
    return f"{about}{_why(claim)} ({because})"


def changed_lines(diff: str) -> int:
    """How many lines a diff adds and removes."""
    return len(_changed(diff))


def _changed(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---") and line]


def _bare(line: str) -> str:
    stripped = line.strip()
    return " ".join((stripped[1:] if stripped[:1] in ("+", "-") else stripped).split())


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[`*_\"“”]", "", text).split()).casefold()


def _why(claim: Claim) -> str:
    return " ".join(claim.why.split()) or "No reason was given."
