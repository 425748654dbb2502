"""`agentctl spec`: drafts, formats, compares and imports specs."""

import argparse

from .. import verbs

VERBS = {
    "new": ("spec_new", "draft a spec from one sentence and the repository"),
    "fmt": ("spec_fmt", "give ids, correct headings, align examples"),
    "diff": ("spec_diff", "say what an edit of a spec touches"),
    "import": ("spec_import", "turn another format into a spec"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `spec` takes."""
    verbs.declare("spec", parser, VERBS)


def main(args: argparse.Namespace) -> int:
    """Run one verb."""
    return verbs.call("spec", args, VERBS)
