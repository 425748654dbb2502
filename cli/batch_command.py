"""What `agentctl batch` does with its arguments: begins a batch, goes on with one, or tells how one stands."""

import argparse
from pathlib import Path

from . import batch_file, processes
from .batch import Supervisor
from .batch_digest import Digest, collect, document, lines
from .batch_file import Batch
from .batch_new import begun, resumed, until_of
from .outcome import BUDGET, DONE, FAILED, INTERRUPTED, UNMET, WAITING
from .output import emit, emit_json, say
from .repository import locate
from .starting import Wiring, accepts_unsandboxed


def batch(args: argparse.Namespace, wiring: Wiring) -> int:
    """`agentctl batch`; the exit code is the worst of its runs'."""
    root = locate(args.repo)
    if args.digest is not None:
        return _tell(root, batch_file.find(root, args.digest or None), as_json=args.json)
    until = until_of(args)
    accepts_unsandboxed(args)
    found = begun(args, root) if args.resume is None else _again(root, args)
    if args.detach:
        return _leave(root, found, args)
    with batch_file.held(root, found.id):
        batch_file.save(root, found)
        if args.resume is None:
            say(f"batch {found.id}: {', '.join(entry.path for entry in found.entries)}")
        supervisor = Supervisor(root=root, batch=found, wiring=wiring, wait=not args.no_wait, until=until)
        found = supervisor.work()
    code = _tell(root, found, as_json=args.json)
    return INTERRUPTED if supervisor.presses else code


def _again(root: Path, args: argparse.Namespace) -> Batch:
    return resumed(batch_file.find(root, args.resume or None), usd=args.budget)


def _leave(root: Path, found: Batch, args: argparse.Namespace) -> int:
    """Go on in a process of its own."""
    with batch_file.held(root, found.id):
        batch_file.save(root, found)
    command = ["batch", "--resume", found.id, "--repo", str(root), "--no-input"]
    command += ["--until", args.until] if args.until else []
    command += ["--no-wait"] if args.no_wait else []
    log = batch_file.folder_of(root) / f"{found.id}.log"
    say(f"goes on as process {processes.detach(command, log=log)}, which writes {log}")
    say(f"look with: agentctl batch --digest {found.id}")
    emit([found.id])
    return DONE


def _tell(root: Path, found: Batch, *, as_json: bool) -> int:
    """Print the digest, and keep it beside the batch."""
    digest = collect(root, found)
    text = list(lines(digest))
    path = batch_file.folder_of(root) / f"{found.id}.md"
    batch_file.write(path, "\n".join(text) + "\n")
    if as_json:
        emit_json(document(digest))
    else:
        emit(text)
    say(f"kept in {path}")
    return exit_code(digest)


def exit_code(digest: Digest) -> int:
    """0 when all is done; else the first of: interrupted, a person is needed, the budget, a requirement, a failure."""
    states = [each.state for each in digest.specs]
    if all(state == "done" for state in states):
        return DONE
    if "drained" in states:
        return INTERRUPTED
    asked = {ranked.asked.question.kind for each in digest.specs for ranked in each.questions}
    if asked or "waiting" in states:
        return BUDGET if asked == {"budget"} else WAITING
    unmet = any(each.unmet and each.landed for each in digest.specs)
    return UNMET if unmet and not any(each.left for each in digest.specs) else FAILED
