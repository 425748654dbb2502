"""`agentctl runs`: the runs of this repository, the latest last."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `runs` takes."""
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """List every run; one that cannot be read is listed with the reason."""
    import time

    from ...orchestrator.errors import RunStateError
    from ...orchestrator.store.folder import RunFolder, all_runs
    from ...tui.clean import clean
    from ...tui.snapshot import take
    from ..documents import status_document
    from ..output import emit, emit_json, table
    from ..repository import locate, opened

    def row(folder: RunFolder) -> tuple[tuple[str, ...], dict[str, object]]:
        try:
            with opened(folder) as run:
                snapshot, live = take(run.store, run.journal), folder.driver() is not None
        except RunStateError as error:
            return (folder.run, "unreadable", "", "", clean(str(error), width=100)), {
                "run": folder.run,
                "error": str(error),
            }
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(snapshot.run.created_at))
        state = snapshot.run.state + ("" if live or snapshot.finished else " (stopped)")
        landed = f"{snapshot.landed}/{len(snapshot.tasks)}"
        return (folder.run, state, landed, at, clean(snapshot.run.title, width=70)), status_document(
            snapshot, live=live
        )

    rows = [row(folder) for folder in all_runs(locate(args.repo))]
    if args.json:
        emit_json([document for _, document in rows])
    else:
        emit(table(line for line, _ in rows) or ["no runs yet: start one with `agentctl run spec.md`"])
    return 0
