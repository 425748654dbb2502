"""A batch at its beginning: the specs on the command line, read and put in order. Makes nothing.

What is wrong with any of them is told before a run of any is made.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..orchestrator.errors import SpecError, UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.store.folder import new_run_id
from .batch_file import Batch, Entry
from .batch_order import Wanted, arrange, width
from .moments import until as moment_of
from .settings import Flags, load
from .specfile import read_spec
from .starting import FRONT_MATTER

_NOT_OPTIONS = frozenset({"specs", "resume", "digest", "json", "repo", "until", "budget", "record", "replay", "detach"})


def begun(args: argparse.Namespace, root: Path) -> Batch:
    """A new batch of the specs on the command line, in the order of building; nothing is made yet.

    Raises:
        UsageError: of the arguments, or of a spec; all that is wrong with any spec is told at once.
    """
    if not args.specs:
        raise UsageError("Name the specs to build, such as specs/*.md; or --resume, or --digest.")
    if args.record or args.replay:
        raise UsageError("A recording is of one run: leave out --record and --replay.")
    wanted, titles, places = _read(args.specs, root, force=args.force)
    placed = arrange(wanted, built=_built(root))
    settings = load(root, Flags(workers=args.workers)).run
    entries = tuple(
        Entry(spec=places[each.path], path=each.path, title=titles[each.path], needs=each.needs, after=each.after)
        for each in placed
    )
    return Batch(
        id=new_run_id(random.SystemRandom()),
        made_at=time.time(),
        options={key: value for key, value in vars(args).items() if key not in _NOT_OPTIONS},
        entries=entries,
        usd=args.budget,
        width=min(width(placed), settings.limits.workers),
    )


def _read(names: Sequence[str], root: Path, *, force: bool) -> tuple[list[Wanted], dict[str, str], dict[str, str]]:
    from ..specs.lint import blocking, lint
    from ..specs.parse import parse

    wanted: list[Wanted] = []
    titles: dict[str, str] = {}
    places: dict[str, str] = {}
    wrong: list[str] = []
    for name in names:
        source = read_spec(name, sentence=None)
        place = Path(name).expanduser().resolve()
        path = place.relative_to(root).as_posix() if place.is_relative_to(root) else str(place)
        if path in places:
            continue
        spec = parse(source.text, name=source.name)
        errors = blocking(lint(spec))
        wrong += [str(each) for each in errors if not force or each.code in FRONT_MATTER]
        wanted.append(Wanted(path=path, owns=spec.meta.owns, depends=spec.meta.depends))
        titles[path], places[path] = spec.title or path, str(place)
    if wrong:
        raise SpecError("\n".join(["the specs have errors, so nothing was begun:", *(f"  {each}" for each in wrong)]))
    return wanted, titles, places


def _built(root: Path) -> list[str]:
    """The specs whose lock is in HEAD: what they asked for is there."""

    async def look() -> list[str]:
        git = open_repository(root)
        head = await git.resolve("HEAD")
        paths = await git.entries(await git.tree_of(head)) if head is not None else {}
        return [path.removesuffix(".lock") for path in paths if path.endswith(".md.lock")]

    return asyncio.run(look())


def resumed(batch: Batch, *, usd: float | None) -> Batch:
    """The batch for another try: what was in the way of a spec is looked at anew."""
    entries = tuple(replace(entry, left="") for entry in batch.entries)
    return replace(batch, entries=entries, usd=usd if usd is not None else batch.usd)


def until_of(args: argparse.Namespace) -> float | None:
    """When no new work may begin any more."""
    return moment_of(args.until, now=time.time()) if args.until else None
