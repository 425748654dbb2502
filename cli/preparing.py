"""What a run begins with: its folder, its spec as it was, and the first events in its tables."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..agents import recording
from ..orchestrator.clock import SystemClock
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.survey import Survey, look, require
from ..orchestrator.nouns.events import Chosen, Fact, Noted, RunCreated
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.run_view import BASE_BRANCH, SETTINGS_AT, SPEC_NAME, SPEC_PATH
from ..orchestrator.spec_view import spec_view
from ..orchestrator.store.database import Fence
from ..orchestrator.store.folder import RunFolder, create, new_run_id
from ..orchestrator.store.sqlite import SqliteStore
from ..specs.parse import parse
from .as_recorded import as_recorded, choices_of, obeyed
from .holding import within_policy
from .output import say
from .processes import person
from .unseen import Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What is not stored with a run."""

    models: Mapping[str, Any] = field(default_factory=dict)
    """The settings' changes to the profile's tiers."""
    sandbox_accepted: bool = False
    """A person said that model-written code may run unconfined."""
    scale: float | None = None
    """How much of a recorded reply's time a replay waits for; None for all of it."""
    run: str | None = None
    """The id of a new run; None for one that is made up."""
    base: str | None = None
    """The commit that a new run starts from; None for the one that HEAD is at."""
    path: str | None = None
    """Where a new run's spec lies in the repository; None: where its file does, if it is one."""
    settings_at: str = ""
    """The commit whose agentctl.toml, and policy, a new run goes by, now and when it is resumed; empty for the work
    tree's, and the policies of HEAD and of its base."""
    by: str = ""
    """Who begins a new run, ``person:NAME``; empty for whom git knows here."""
    commits_as: str = ""
    """``Name <address>`` of a new run's commits where its settings name no author."""


def prepare(repo: Path, spec_text: str, spec_name: str, settings: RunSettings, extras: Extras) -> RunFolder:
    """Check the repository, make the run's folder and its first events.

    Raises:
        RepositoryError: a run cannot start from here; says why and what to do.
        SettingsError: the policy of the repository cannot be read, or does not allow a model.
        SpecError: the spec asks for what cannot be done.
    """
    found = look(open_repository(repo), spec=Path(spec_name), based=extras.base is not None)
    require(found)
    for note in found.notes:
        say(note)
    view = spec_view(parse(spec_text, name=spec_name))
    then = None if settings.replay is None else recording.read(Path(settings.replay))
    if then is not None:
        settings = as_recorded(settings, then.choices)
    whose = (extras.settings_at,) if extras.settings_at else (found.head, extras.base)
    settings = within_policy(repo, settings, models=extras.models, commits=tuple(each for each in whose if each))
    if extras.commits_as and not settings.commit.author:
        settings = replace(settings, commit=replace(settings.commit, author=extras.commits_as))
    clock = SystemClock()
    folder = create(repo, extras.run or new_run_id(random.SystemRandom()))
    folder.spec.write_text(spec_text, encoding="utf-8")
    with open_tables(folder, clock) as store:
        created = RunCreated(
            run=folder.run,
            spec_id=view.id,
            spec_blob=store.put_blob(spec_text),
            title=view.title,
            base=extras.base or found.head or "",
            settings=settings,
        )
        path = extras.path if extras.path is not None else _path_in(Path(found.root), spec_name)
        place = [Chosen(key=SPEC_PATH, value=path)] if path is not None else []
        name = Chosen(key=SPEC_NAME, value=Path(spec_name).name)
        store.append(
            created,
            name,
            *place,
            *_branch(found, extras),
            *([Chosen(key=SETTINGS_AT, value=extras.settings_at)] if extras.settings_at else []),
            *choices_of(settings),
            *(obeyed(then.choices, then.answers) if then is not None else ()),
            *_accepted(extras),
            author=extras.by or person(repo),
        )
    return folder


def open_tables(
    folder: RunFolder, clock: SystemClock, unseen: Unseen | None = None, *, fence: Fence | None = None
) -> SqliteStore:
    """The tables of a run, for whoever holds its lock or only just makes it; what is unseen is taken out of them."""
    redact = (unseen or Unseen()).clean
    return SqliteStore(folder.run_db, clock=clock, redact=redact, blobs=folder.blobs, fence=fence)


def _path_in(root: Path, spec_name: str) -> str | None:
    """Where the spec lies in the repository: None for a file from elsewhere, empty for what is no file."""
    path = Path(spec_name)
    if not path.is_file():
        return ""
    inside = path.resolve().is_relative_to(root.resolve())
    return path.resolve().relative_to(root.resolve()).as_posix() if inside else None


def _branch(found: Survey, extras: Extras) -> list[Fact]:
    """The branch that is checked out where the run begins on its commit."""
    begins_there = found.branch and extras.base in {None, found.head}
    return [Chosen(key=BASE_BRANCH, value=found.branch or "")] if begins_there else []


def _accepted(extras: Extras) -> list[Fact]:
    return [Noted(text="a person accepted that commands run unconfined")] if extras.sandbox_accepted else []
