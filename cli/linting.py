"""What `agentctl lint` does: reads specs, corrects what is asked for, judges them, prints, and chooses the exit code.

It runs at every commit and on every save, so nothing is imported here that is not needed: no msgspec, no pydantic, no
rich, and, without --run, no git.
"""

import argparse
import sys
from collections.abc import Sequence

from ..orchestrator.errors import AgentctlError, UsageError
from ..specs.lint import lint
from ..specs.nouns import Finding, Spec
from ..specs.parse import parse
from ..specs.rules import BY_CODE
from ..tui.clean import clean
from . import lint_output
from .lint_surroundings import repository_of, surroundings_of
from .specfile import SpecText, read_spec

FAILED = 6
"""Lint found errors: docs/cli.md, exit codes."""


def lint_specs(args: argparse.Namespace) -> int:
    """Lint every spec that is named, and print.

    Raises:
        UsageError: no spec is named, one cannot be read or written, or a code does not exist.
        SandboxUnavailable: --run, and nothing here confines a command.
        AgentctlError: --run, and the checks did not come to their end; the other findings are printed before.
    """
    if not args.specs:
        raise UsageError("Name a spec to lint, such as `agentctl lint spec.md`, or `-` for standard input.")
    unknown = [code for code in args.also if code not in BY_CODE]
    if unknown:
        raise UsageError(f"There is no rule {clean(unknown[0])}: `agentctl lint --explain all` lists them.")
    judged = [_judged(name, args) for name in args.specs]
    specs = [spec for spec, _, _ in judged]
    findings = [finding for _, found, _ in judged for finding in found]
    style: lint_output.Style | None = "json" if args.json and not args.format else args.format
    if style is None or style == "text":
        _print_text(findings, specs, args)
    else:
        place = repository_of(None, repo=args.repo)
        sys.stdout.write(lint_output.document(style, findings, specs=specs, root=place.root if place else None))
    stopped = next((trouble for _, _, trouble in judged if trouble is not None), None)
    if stopped is not None:
        raise stopped
    failing = {"error", "warning"} if args.strict else {"error"}
    return FAILED if any(finding.severity in failing for finding in findings) else 0


def _judged(name: str, args: argparse.Namespace) -> tuple[Spec, tuple[Finding, ...], AgentctlError | None]:
    """One spec, what is found in it with the facts that were asked for, and what kept --run from its end."""
    file = None if name == "-" else name
    source = _fixed(name) if args.fix else read_spec(name, otherwise="")
    spec = parse(source.text, name=source.name)
    around = surroundings_of(file, repo=args.repo, thorough=args.run, fixtures=spec.fixtures, depends=spec.meta.depends)
    trouble: AgentctlError | None = None
    if args.run:
        from .lint_run import on_base

        around, trouble = on_base(spec, around, file=file, repo=args.repo, seconds=args.seconds)
    return spec, lint(spec, around, strict=args.strict, also=args.also), trouble


def _fixed(name: str) -> SpecText:
    """Correct a file and say what became of what; returns it as it is now."""
    from ..specs.fixes import fix
    from .locked import past_ids
    from .rewriting import original, write_back

    file = original(name)
    fixed = fix(file.text, name=name, taken=past_ids(name, file.text))
    if fixed.done:
        write_back(file, fixed.text)
    for correction in fixed.done:
        finding = correction.finding
        became = f"`{correction.old}` is now `{correction.new}`" if correction.old else f"{correction.new} was added"
        sys.stderr.write(f"{clean(f'{finding.file}:{finding.line}: {finding.code} corrected: {became}')}\n")
    return SpecText(name=name, text=fixed.text)


def _print_text(findings: Sequence[Finding], specs: Sequence[Spec], args: argparse.Namespace) -> None:
    shown = findings if args.all else lint_output.most_telling(findings)
    sys.stdout.write("".join(f"{lint_output.line(finding)}\n" for finding in shown))
    sys.stdout.flush()
    ending = lint_output.ending(findings, shown=len(shown), specs=specs, strict=args.strict)
    sys.stderr.write("".join(f"{text}\n" for text in ending))
