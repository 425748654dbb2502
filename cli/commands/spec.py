"""`agentctl spec`: drafts, formats, compares and imports specs. A verb's module is loaded when the verb is named."""

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

VERBS = {
    "new": ("spec_new", "draft a spec from one sentence and the repository"),
    "fmt": ("spec_fmt", "give ids, correct headings, align examples"),
    "diff": ("spec_diff", "say what an edit of a spec touches"),
    "import": ("spec_import", "turn another format into a spec"),
}
"""Each verb with its module beside this folder, which has `arguments` and `main`, and its summary."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `spec` takes."""
    lines = [f"  {verb:<8}{summary}" for verb, (_, summary) in VERBS.items()]
    parser.epilog = "\n".join(["verbs:", *lines, "", "`agentctl spec VERB --help` says what a verb takes."])
    parser.add_argument("verb", choices=list(VERBS), metavar="VERB", help=", ".join(VERBS))
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="what the verb takes")


def main(args: argparse.Namespace) -> int:
    """Run one verb; `--repo` and `--no-input` may stand before it or after it."""
    module = load(args.verb)
    given = verb_parser(args.verb, module).parse_args(args.rest)
    given.repo = given.repo or args.repo
    given.no_input = given.no_input or args.no_input
    code: int = module.main(given)
    return code


def load(verb: str) -> "ModuleType":
    """The module of a verb."""
    import importlib

    return importlib.import_module(f"..{VERBS[verb][0]}", __package__)


def verb_parser(verb: str, module: "ModuleType") -> argparse.ArgumentParser:
    """The parser of one verb, with the options that every command takes."""
    from ..main import common

    summary = VERBS[verb][1]
    result = argparse.ArgumentParser(
        prog=f"agentctl spec {verb}",
        description=f"{summary[0].upper()}{summary[1:]}.",
        allow_abbrev=False,
    )
    module.arguments(result)
    common(result)
    return result
