"""`agentctl spec fmt`: writes specs in the format's own spelling, or says which are not."""

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `spec fmt` takes."""
    parser.add_argument("specs", nargs="+", metavar="FILE", help="markdown files; `-` formats standard input to stdout")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 6 if a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would change")


def main(args: argparse.Namespace) -> int:
    """Format every file; what changed is told, and a file that is as it should be is not touched."""
    import sys

    from ..specs.format import format_spec
    from ..tui.clean import clean
    from .locked import past_ids
    from .rewriting import original, write_back
    from .specfile import read_spec

    changed = 0
    for name in args.specs:
        if name == "-" and not (args.check or args.diff):
            sys.stdout.write(format_spec(read_spec(name, otherwise="").text, name="spec"))
            continue
        file = original(name) if name != "-" else None
        text = file.text if file else read_spec(name, otherwise="").text
        after = format_spec(text, name=name, taken=past_ids(name, text))
        if after == text:
            continue
        changed += 1
        if args.diff:
            _print_difference(text, after, name=name)
        if file and not (args.check or args.diff):
            write_back(file, after)
        done = "would be formatted" if args.check or args.diff else "formatted"
        sys.stderr.write(f"{clean(name)}: {done}\n")
    return 6 if changed and args.check else 0


def _print_difference(before: str, after: str, *, name: str) -> None:
    import difflib
    import io
    import sys

    from ..tui.clean import clean_lines

    old, new = (io.StringIO(text, newline="\n").readlines() for text in (before, after))
    lines = difflib.unified_diff(old, new, f"a/{name.lstrip('/')}", f"b/{name.lstrip('/')}", n=1)
    text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    sys.stdout.write(clean_lines(text) if sys.stdout.isatty() else text)
