"""`agentctl spec diff`: what an edit of a spec means, by its items and not by its lines."""

import argparse

from . import options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..specs.lock import Lock
    from ..specs.nouns import Spec


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `spec diff` takes."""
    parser.description = (
        "What an edit of a spec means: which items changed and which lean on them, what is run first, and which tasks "
        "stay. With one spec, against the lock beside it, which says what was built."
    )
    parser.add_argument("old", metavar="OLD", help="the spec as it was; without NEW, the spec as it is")
    parser.add_argument("new", nargs="?", metavar="NEW", help="the spec as it is; `-` for standard input")
    parser.add_argument("--at", metavar="REV", help="compare a spec with itself at a revision of git, such as HEAD")
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print the difference; exit code 6 if an id is used again that once was another item's."""
    from ..specs.anchor import anchored
    from ..specs.parse import parse
    from .output import emit, emit_json
    from .spec_diff_report import Difference, document, report
    from .specfile import read_spec

    source = read_spec(args.new or args.old, otherwise="")
    spec = parse(source.text, name=source.name)
    name, before = _before(args, spec)
    difference = Difference(old=name, before=before, spec=anchored(spec, before))
    if args.json:
        emit_json(document(difference))
    else:
        emit(report(difference))
    return 6 if difference.changes.reused else 0


def _before(args: argparse.Namespace, spec: "Spec") -> "tuple[str, Lock]":
    """What the spec is compared with, and its name.

    Raises:
        UsageError: it is named twice or not at all, or is not there.
        SpecError: the lock or the older spec cannot be read.
    """
    from ..orchestrator.errors import UsageError
    from ..specs.lock import lock_path, lock_spec
    from ..specs.parse import parse
    from .locked import lock_beside
    from .specfile import read_spec

    if args.new and args.at:
        raise UsageError("Name a second spec or a revision with --at, not both.")
    if args.new:
        source = read_spec(args.old, otherwise="")
        return source.name, lock_spec(parse(source.text, name=source.name))
    if args.old == "-":
        raise UsageError("Standard input has no lock beside it and no history: name the older spec first.")
    if args.at:
        return f"{spec.file} at {args.at}", lock_spec(parse(_at(args, args.old), name=spec.file))
    lock = lock_beside(args.old)
    if lock is None:
        raise UsageError(
            f"{args.old} has no lock beside it, so nothing was built of it yet: name an older spec first, or a "
            f"revision, as in `agentctl spec diff {args.old} --at HEAD`."
        )
    return lock_path(args.old), lock


def _at(args: argparse.Namespace, spec: str) -> str:
    """The text of a spec at a revision, read from git's objects."""
    import asyncio
    from pathlib import Path

    from ..orchestrator.errors import UsageError
    from ..orchestrator.git.opening import open_repository
    from .repository import locate
    from .specfile import MAX_BYTES

    file = Path(spec).resolve()
    root = locate(args.repo or str(file.parent))
    if not file.is_relative_to(root.resolve()):
        raise UsageError(f"{spec} is not in the repository at {root}: name its repository with --repo.")
    path = file.relative_to(root.resolve()).as_posix()

    async def read() -> bytes:
        git = open_repository(root)
        commit = await git.resolve(args.at)
        if commit is None:
            raise UsageError(f"{args.at} is no revision of {root}: name a commit, a branch or a tag.")
        entry = (await git.entries(await git.tree_of(commit))).get(path)
        if entry is None or not entry.mode.startswith("100"):
            raise UsageError(f"{args.at} has no file {path}: name a later revision, or the older spec itself.")
        return await git.read(entry.id)

    data = asyncio.run(read())
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path} at {args.at} is larger than {MAX_BYTES // 1_000_000} MB, so it is no spec.")
    return data.decode("utf-8-sig", "replace")
