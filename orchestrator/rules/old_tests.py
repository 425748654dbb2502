"""Which changed files belong to tests that were there, and whether those still pass as they were. Pure."""

import re
from collections.abc import Iterable, Sequence

from ..nouns.verdicts import GateReport
from .normalise import shorten

LONGEST = 1500
MOST = 4

_FOLDER = re.compile(r"(?:.*/)?(?:tests?|testing|__tests__|testdata|fixtures|__snapshots__|__fixtures__)/.*")
_TEST = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test\.\w+|[^/]*\.(?:test|spec)\.\w+)")


def laid_back(changed: Iterable[str], *, expected: Iterable[str]) -> tuple[str, ...]:
    """Those of the changed files that hold expected tests, or lie among tests and may be what they lean on.

    A file of tests none of which is expected any more may change as it likes.
    """
    files = {_file(test) for test in expected}
    return tuple(path for path in changed if path in files or (_FOLDER.fullmatch(path) and not _TEST.fullmatch(path)))


def weakened(report: GateReport, *, expected: frozenset[str], paths: Sequence[str]) -> str:
    """What is wrong where the old files are laid over a green tree, in words for a worker; empty if nothing is."""
    red = {result.id: result for result in report.results if result.outcome != "passed"}
    lost = sorted(expected - report.passed())
    if not lost:
        return ""
    told = [f"{test}:\n{shorten(red[test].detail, LONGEST)}" if test in red else test for test in lost[:MOST]]
    more = [f"and {len(lost) - MOST} more"] if len(lost) > MOST else []
    said = (
        f"You changed {', '.join(paths)}, and as it was before your change it does not pass: mend the code, and leave "
        "what is tested as it was. If the task cannot be done without, ask for that file by its name."
    )
    return "\n\n".join([said, *told, *more])


def _file(test: str) -> str:
    return test.partition("::")[0]
