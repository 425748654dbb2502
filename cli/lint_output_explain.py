"""`agentctl lint --explain CODE`: a rule with its reason, what it finds, what it leaves alone, and where it is from."""

import difflib
import sys
from collections.abc import Iterator

from ..orchestrator.errors import UsageError
from ..specs.rules import BY_CODE, RULES, Rule
from ..tui.clean import clean, clean_lines

EVERY = "all"


def explain(code: str) -> int:
    """Print one rule, by its code or its name, or a line for each of all.

    Raises:
        UsageError: there is no such rule; names the one that was probably meant.
    """
    if code.lower() == EVERY:
        lines = [f"{rule.code}  {_level(rule):<8}{rule.name:<28}{rule.why}" for rule in RULES]
    else:
        lines = list(_told(_named(code)))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _named(code: str) -> Rule:
    names = {rule.name: rule for rule in RULES} | BY_CODE
    found = names.get(code.upper()) or names.get(code.lower())
    if found is None:
        near = difflib.get_close_matches(code.upper(), BY_CODE, n=1) or difflib.get_close_matches(code, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"`--explain {EVERY}` lists them."
        raise UsageError(f"There is no rule {clean(code, width=40)}: {hint}")
    return found


def _told(rule: Rule) -> Iterator[str]:
    yield f"{rule.code} {rule.name} ({_level(rule)})"
    yield ""
    yield rule.why
    for title, example in (("Found:", rule.bad), ("Not found:", rule.good)):
        yield ""
        yield title
        yield ""
        yield from (f"    {line}".rstrip() for line in clean_lines(example).splitlines())
    yield ""
    yield f"Source: {rule.source}"
    if rule.around is not None:
        yield "It needs to know more than the spec: the repository, the lock beside the spec, or what --run found."
    if not rule.default:
        yield f"It is off: `agentctl lint --also {rule.code}` asks for it."
    if not rule.blocks:
        yield f"To silence it, write above the item: <!-- lint: ignore {rule.code} REASON -->"


def _level(rule: Rule) -> str:
    return {"error": "error", "warning": "warning", "info": "hint"}[rule.severity]
