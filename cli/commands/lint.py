"""`agentctl lint`: says what is wrong with specs, with line and code."""

import argparse

from ..verifying_seconds import option as seconds_option


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `lint` takes."""
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="markdown files, or `-` for standard input")
    parser.add_argument("--strict", action="store_true", help="warnings fail too, and a MUST without a check is one")
    parser.add_argument("--fix", action="store_true", help="correct in the files what has one safe correction")
    parser.add_argument(
        "--run", action="store_true", help="run checks and gate on HEAD: a check that is green proves nothing"
    )
    seconds_option(parser)
    parser.add_argument(
        "--all", action="store_true", help="every finding, not only errors and the five that matter most"
    )
    parser.add_argument("--also", action="append", default=[], metavar="CODE", help="a rule that is off by default")
    parser.add_argument("--format", choices=["text", "json", "sarif", "github"], help="how findings are printed")
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("--explain", metavar="CODE", help="what a rule is for, with examples; `all` lists the rules")


def main(args: argparse.Namespace) -> int:
    """Print the findings of every spec; exit code 6 if one of them is an error (with --strict, or a warning)."""
    if args.explain:
        from ..lint_output_explain import explain

        return explain(args.explain)
    import gc

    collects = gc.isenabled()
    gc.disable()  # a process of 0.1 s: collecting would be a twentieth of it and free nothing
    try:
        from ..linting import lint_specs

        return lint_specs(args)
    finally:
        if collects:
            gc.freeze()  # nor need what is alive now be looked through as the process ends: another tenth
            gc.enable()
