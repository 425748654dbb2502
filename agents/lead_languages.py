"""What a lead is told by the languages of its team: which prompts, which tests for their style, which runners. Pure."""

from collections.abc import Iterable, Sequence

from ..orchestrator.nouns.runners import ScriptRunner
from ..orchestrator.rules.languages import Family, family_of
from .prompting import load_prompt

PROMPTS = ("lead", "lead_mixed", "lead_script")
_OF_PYTHON = ("lead",)
_PROMPTS: dict[tuple[Family, ...], tuple[str, ...]] = {
    ("python",): _OF_PYTHON,
    ("script",): ("lead_script",),
    ("python", "script"): PROMPTS,
}
_NAMES = {"node": "node's own runner, `node:test`", "vitest": "vitest", "jest": "jest"}


def prompts(families: tuple[Family, ...]) -> tuple[str, ...]:
    """The texts of what is told to a lead that writes these languages; without any, what is told of Python."""
    return tuple(load_prompt(name).text for name in _PROMPTS.get(families, _OF_PYTHON))


def examples(tests: Iterable[str], families: tuple[Family, ...], *, most: int) -> list[str]:
    """The first of these tests in the languages at hand, as many of each."""
    paths, wanted = list(tests), families or ("python",)
    each = max(1, most // len(wanted))
    return [path for family in wanted for path in [one for one in paths if family_of(one) == family][:each]]


def runners_told(runners: Sequence[ScriptRunner], families: tuple[Family, ...]) -> str:
    """Which runner runs tests where, as a paragraph; empty where no test can be of TypeScript or JavaScript."""
    if "script" not in families:
        return ""
    by_folder = sorted({each.folder: each for each in sorted(runners, key=_preferred)}.values(), key=lambda r: r.folder)
    said = "; ".join(_told(each) for each in by_folder) or _told(ScriptRunner())
    return f"Tests of TypeScript and JavaScript are run: {said}.\n"


def _preferred(runner: ScriptRunner) -> bool:
    """Of two in one folder the last is the one that counts."""
    return runner.name != "node"


def _told(runner: ScriptRunner) -> str:
    where = f"below {runner.folder}/ by" if runner.folder else "by"
    alone = ", which loads modules by itself" if runner.strict else ""
    return f"{where} {_NAMES[runner.name]}{alone}"
