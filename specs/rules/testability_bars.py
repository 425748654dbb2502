"""Group T, bars: can a bar of performance be measured, and would two people measure the same?"""

import re
from collections.abc import Iterator

from ..nouns import Diagnostic, Severity
from .reading import Reading
from .rule import Hit, Rule, at_item

_FEW = 2
_PARTS = {
    "command": "command in backticks",
    "metric": "metric",
    "bound": "bound with a unit",
    "statistic": "statistic such as (median of 5)",
    "machine": "machine such as `on 2 cores`",
}


def loose_bar(reading: Reading) -> Iterator[Diagnostic]:
    """Bars that cannot be measured as they stand; those without an id, in a text that is no spec yet, are warned of."""
    if not any(item.kind == "performance" for item in reading.spec.items.values()):
        return
    from ..performance import Unmeasurable, bars  # noqa: PLC0415 - only specs with a bar wait for its patterns

    for bar in bars(reading.spec):
        if isinstance(bar, Unmeasurable):
            item = reading.spec.items[bar.id]
            lacking = ", no ".join(_PARTS[part] for part in bar.missing)
            message = f"{bar.id} has no {lacking}: `cmd` MUST finish in <= 3.0 s wall (median of 5) on 2 cores has all"
            binding = item.strength == "MUST" and not item.temporary
            severity: Severity | None = None if binding else "warning"
            yield Hit(code="SPT206", message=message, line=bar.line, target=bar.id, severity=severity)


def one_run(reading: Reading) -> Iterator[Diagnostic]:
    """Bars that are judged by one run, or by a first run that is slower than the others."""
    if not any(item.kind == "performance" for item in reading.spec.items.values()):
        return
    from ..performance import Bar, bars  # noqa: PLC0415 - as above

    for bar in bars(reading.spec):
        item = reading.spec.items[bar.id]
        if not isinstance(bar, Bar) or bar.metric == "size":
            continue
        if bar.runs < _FEW:
            yield at_item(item, "SPT207", f"{bar.id} is decided by one run, which says little: take the median of 5")
        elif not bar.warmups and f"of {bar.runs}" in item.text and not re.search(r"\bwarm", item.text, re.IGNORECASE):
            message = f"{bar.id} names no warm-up, so a first run with cold caches is one of the {bar.runs}"
            yield at_item(item, "SPT207", message)


_HEAD = "# a\n\n- **R1** It MUST print `1`.\n\n## Performance\n\n"
_BAR = "- **P1** `a big.csv` MUST finish in <= 3.0 s wall (median of 5) on 2 cores.\n"
_SOURCE = "Georges and others: Statistically Rigorous Java Performance Evaluation, 2007"
RULES = (
    Rule(
        code="SPT206",
        name="loose-bar",
        severity="error",
        why="A bar is a command, a metric, a bound with its unit, a statistic of some runs, and a machine.",
        source=f"spec-kit's success criteria; {_SOURCE}",
        bad=_HEAD + "- **P1** It MUST be fast.\n",
        good=_HEAD + _BAR,
        find=loose_bar,
    ),
    Rule(
        code="SPT207",
        name="cold-bar",
        severity="info",
        why="One run measures the machine's other work, and a first run its caches.",
        source=_SOURCE,
        bad=_HEAD + _BAR.replace("of 5", "of 1"),
        good=_HEAD + _BAR.replace("of 5", "of 5, 1 warm-up"),
        find=one_run,
    ),
)
