"""`agentctl lint`: says what is wrong with specs, with line and code."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `lint` takes."""
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="markdown files, or `-` for standard input")
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print the findings of every spec; exit code 6 if one of them is an error."""
    from ...specs.lint import lint
    from ...specs.parse import parse
    from ...tui.snapshot import counted
    from ..output import emit, emit_json, say
    from ..specfile import read_spec

    sources = [read_spec(name, otherwise="") for name in args.specs]
    findings = [finding for source in sources for finding in lint(parse(source.text, name=source.name))]
    errors = sum(finding.severity == "error" for finding in findings)
    if args.json:
        emit_json(findings)
    else:
        emit(f"{finding} ({finding.severity})" for finding in findings)
        found = f"{counted(len(sources), 'spec')}, {counted(len(findings), 'finding')}"
        so = f"{counted(errors, 'error')} to correct before a run can start" if errors else "a run can start"
        say(f"{found if findings else 'nothing to complain about'}: {so}")
    return 6 if errors else 0
