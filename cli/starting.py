"""From arguments to a run that can be driven: reads and checks the spec, finds settings and repository, prepares."""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..orchestrator.errors import (
    AuthenticationError,
    RepositoryError,
    RunStateError,
    SpecError,
    UsageError,
    VerificationFailed,
)
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.opened import wished
from ..orchestrator.run_view import SETTINGS_AT
from ..orchestrator.store.folder import RunFolder, find
from ..tui.snapshot import FINISHED
from . import processes
from .complaints import Path_
from .driving import Driver, Manner, conclude, detached_log, drive
from .following import choose
from .moments import until
from .notices.begin import notices, say_troubles
from .outcome import DONE, INTERRUPTED, WAITING
from .output import emit, say
from .planning import has_plan, how_to_build, is_asked_about, print_plan
from .repository import locate, opened
from .runs_outside import runs_outside
from .settings import Flags, Settings, load
from .specfile import SpecText, read_spec
from .terminal import interactive, must_be_drawable

if TYPE_CHECKING:
    from ..specs.nouns import Finding, Meta

LOG_LINES = 10
"""Lines of its log that say why a detached driver could not start."""
_LOOK = 0.05
FRONT_MATTER = frozenset({"SPF001", "SPF002"})
"""Codes of findings that leave no doubt that the spec cannot be used as it is: no --force helps."""


class Wiring(Protocol):
    """Where objects are wired together: the module `wiring`, or a double of it."""

    @property
    def Extras(self) -> Callable[..., Any]:  # noqa: N802 - a class of that module
        """What is not stored with the run: ``models``, ``sandbox_accepted``, ``scale``."""
        ...

    def prepare(self, repo: Path, spec_text: str, spec_name: str, settings: RunSettings, extras: Any) -> RunFolder:
        """Check the repository, make the run's folder and its first event."""
        ...

    def open_driver(self, folder: RunFolder, extras: Any) -> Driver:
        """What drives that run."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that exists and waits to be driven."""

    folder: RunFolder
    root: Path
    extras: Any
    wiring: Wiring

    def driver(self) -> Driver:
        """A driver of this run; made inside the event loop that will run it."""
        return self.wiring.open_driver(self.folder, self.extras)


def start(args: argparse.Namespace, wiring: Wiring) -> int:
    """`agentctl run`: prepare, then drive here or in the background, there with the dashboard if ``--tui``."""
    if args.tui:
        must_be_drawable("RUN")
    run = prepared(args, wiring)
    if args.tui or args.detach:
        code = go_on_in_background(run, args)
        if args.tui and code == DONE:
            from .dashboard import show

            show(run.root, run.folder, theme="dark")
        return code
    return drive(run.driver, run.folder, manner_of(args, run.root))


def plan(args: argparse.Namespace, wiring: Wiring) -> int:
    """`agentctl plan`: drive until a plan was proposed, print it, and say how to build it."""
    run = prepared(args, wiring, planning=True)
    manner = replace(manner_of(args, run.root), wait=False, ask=False, enough=is_asked_about, notices=None)
    code = drive(run.driver, run.folder, manner)
    if not has_plan(run.folder):
        return code
    print_plan(run.folder, as_json=args.json)
    say(how_to_build(run.folder))
    return DONE if code in (WAITING, INTERRUPTED) else code


def resume(args: argparse.Namespace, wiring: Wiring) -> int:
    """`agentctl resume`: drive a run that nothing drives; a finished one only says how it ended."""
    root = locate(args.repo)
    folder = find(root, args.run)
    with opened(folder) as run:
        stored, settings_at = run.store.run(), run.store.choice(SETTINGS_AT) or ""
        state = stored.state
        if state in FINISHED and (state == "cancelled" or not wished(run.store)):
            return conclude(folder)
    if (driver := folder.driver()) is not None:
        raise RunStateError(f"{folder.run} is driven by {driver}: follow it with `agentctl attach {folder.run}`.")
    settings = load(root, Flags(), at=settings_at)
    say_troubles(settings.notify)
    from .holding import still_within

    still_within(root, stored.settings, models=settings.models, at=settings_at)
    extras = wiring.Extras(models=settings.models, sandbox_accepted=args.unsandboxed)
    prepared_run = Prepared(folder=folder, root=root, extras=extras, wiring=wiring)
    if args.detach:
        return go_on_in_background(prepared_run, args)
    return drive(prepared_run.driver, folder, manner_of(args, root, settings_at=settings_at))


def prepared(
    args: argparse.Namespace,
    wiring: Wiring,
    *,
    planning: bool = False,
    place: Mapping[str, str] | None = None,
    given: SpecText | None = None,
) -> Prepared:
    """Read, check and prepare; the spec's own trouble is told before anything is made.

    ``place`` is a new run's id, the commit it starts from and what else the wiring's extras have of its beginning;
    ``given`` is the spec where it is neither a file nor on the command line.

    Raises:
        UsageError: of the spec, the settings, the arguments or the repository.
        VerificationFailed: lint found errors, and --force was not given.
    """
    until_of(args)  # a time that cannot be read is told before anything is made
    source = given or read_spec(args.spec, sentence=args.sentence)
    front = checked(source, force=getattr(args, "force", False))
    accepted = accepts_unsandboxed(args)
    _readable(args.replay)
    _writable(args.record)
    root, new = repository_for(args.repo)
    settings = load(root, flags_of(args), front=front, at=(place or {}).get("settings_at", ""))
    if planning and settings.run.autonomy == "never":
        settings = replace(settings, run=replace(settings.run, autonomy="ask-blocking"))
    settings = with_model(settings, source)
    if settings.run.replay is None:
        for line in runs_outside(settings.models, settings.run.mcp):
            say(line)
        if not planning:
            say_troubles(settings.notify)
    if new:
        make_repository(root)
    extras = wiring.Extras(models=settings.models, sandbox_accepted=accepted, **(place or {}))
    folder = wiring.prepare(root, source.text, source.name, settings.run, extras)
    say(f"run {folder.run} in {root}")
    return Prepared(folder=folder, root=root, extras=extras, wiring=wiring)


def checked(source: SpecText, *, force: bool) -> dict[Path_, object]:
    """Lint the spec: what blocks ends the start, the rest is told; returns the settings its front matter decides."""
    from ..specs.lint import blocking, lint
    from ..specs.parse import parse

    spec = parse(source.text, name=source.name)
    findings = lint(spec)
    errors = blocking(findings)
    unusable = [finding for finding in errors if finding.code in FRONT_MATTER]
    if unusable:
        raise SpecError(_listed(unusable))
    if errors and not force:
        raise VerificationFailed(f"{_listed(errors)}\nCorrect the spec, or run it as it is with --force.")
    for finding in findings:
        if finding.severity != "info":
            say(str(finding))
    if spec.meta.budget.minutes is not None:
        say(f"budget.minutes ({spec.meta.budget.minutes:g}) is not enforced yet: the run is not stopped by the clock.")
    return _front(spec.meta)


def with_model(settings: Settings, source: SpecText) -> Settings:
    """The settings with a profile that can be asked here; a shipped spec is replayed where there is no model.

    Raises:
        SettingsError: there is no such profile, or one of its models cannot be used as it is set up.
        AuthenticationError: there is no model, or no key for it; says which ways there are.
    """
    from . import models

    if settings.run.replay is not None:
        return settings
    if settings.run.profile != models.AUTO:
        models.require(settings.run.profile, settings.models)
        return settings
    recording = models.recording_of(source)
    try:
        run = replace(settings.run, profile=models.found())
    except AuthenticationError:
        if recording is None:
            raise
        say("No model was found: the answers are the recorded ones that ship with this spec.")
        run = replace(settings.run, profile="replay", replay=str(recording))
    return replace(settings, run=run)


def _listed(findings: "Sequence[Finding]") -> str:
    return "\n".join(["the spec has errors:", *(f"  {finding}" for finding in findings)])


def _front(meta: "Meta") -> dict[Path_, object]:
    said: dict[Path_, object] = {
        ("limits", "usd"): meta.budget.usd,
        ("limits", "workers"): meta.budget.workers,
        ("autonomy",): meta.autonomy,
        ("gate",): meta.gate or None,
    }
    return {path: value for path, value in said.items() if value is not None}


def repository_for(repo: str | None) -> tuple[Path, bool]:
    """The root of the repository to work in, and whether it has yet to be made: a named folder that does not exist."""
    if repo is not None and not Path(repo).expanduser().exists():
        return Path(repo).expanduser().resolve(), True
    try:
        return locate(repo), False
    except RepositoryError as error:
        raise RepositoryError(f"{error} `--repo DIR` with a folder that does not exist makes a new one.") from error


def make_repository(root: Path) -> None:
    """Make a new repository, once nothing else stands in the way of a run."""
    from ..orchestrator.git.opening import create_repository

    create_repository(root, at=time.time())
    say(f"{root} is a new repository")


def flags_of(args: argparse.Namespace) -> Flags:
    """What the command line decides of the settings."""
    if args.record and args.replay:
        raise UsageError("A run is recorded or replayed, not both: leave out --record or --replay.")
    return Flags(
        profile=args.profile,
        workers=args.workers,
        budget=args.budget,
        autonomy=args.autonomy,
        sandbox=args.sandbox,
        ladder=args.ladder,
        critic=args.critic,
        approve=getattr(args, "yes", False),
        approve_under=getattr(args, "approve_under", None),
        anew=args.anew,
        questions=args.questions,
        record=_absolute(args.record),
        replay=_absolute(args.replay),
    )


def _absolute(path: str | None) -> str | None:
    return str(Path(path).expanduser().resolve()) if path else None


def _readable(replay: str | None) -> None:
    if replay and not Path(replay).expanduser().is_file():
        raise UsageError(f"--replay {replay}: there is no such recording.")


def _writable(record: str | None) -> None:
    path = Path(record or "").expanduser()
    if record and not path.parent.is_dir():
        raise UsageError(f"--record {record}: the folder {path.parent} does not exist; make it, or name another file.")
    if record and path.is_dir():
        raise UsageError(f"--record {record} is a folder: name a file in it.")


def accepts_unsandboxed(args: argparse.Namespace) -> bool:
    """Whether both words were said that let model-written code run unconfined.

    Raises:
        UsageError: ``--sandbox=none`` alone; nobody gets there by half a sentence.
    """
    accepted = bool(args.unsandboxed)
    if getattr(args, "sandbox", None) == "none" and not accepted:
        raise UsageError(
            "--sandbox=none runs what a model wrote with your rights; add --i-accept-unsandboxed-execution."
        )
    return accepted


def manner_of(args: argparse.Namespace, root: Path, *, settings_at: str = "") -> Manner:
    """How to show the run and whether its questions can be asked here."""
    asks = interactive(no_input=args.no_input) and args.progress != "json"
    return Manner(
        progress=choose(args.progress),
        wait=not args.no_wait,
        ask=asks,
        author=processes.person(root),
        recorded={} if asks else recorded_for(args),
        until=until_of(args),
        notices=notices(load(root, Flags(), at=settings_at).notify, root, asks=asks),
    )


def until_of(args: argparse.Namespace) -> float | None:
    """When no new work may begin any more, in seconds since the epoch; None where nothing was said."""
    return until(args.until, now=time.time()) if getattr(args, "until", None) else None


def recorded_for(args: argparse.Namespace) -> Mapping[str, str]:
    """The answers that people gave when the run was recorded, for a replay that nobody attends."""
    if not getattr(args, "replay", None):
        return {}
    from .recorded import answers_of

    return answers_of(Path(args.replay).expanduser())


def go_on_in_background(run: Prepared, args: argparse.Namespace) -> int:
    """Leave the run to a process of its own, and say how to come back to it."""
    command = ["resume", run.folder.run, "--repo", str(run.root), "--progress", "plain", "--no-input"]
    command += ["--i-accept-unsandboxed-execution"] if run.extras.sandbox_accepted else []
    command += ["--no-wait"] if args.no_wait else []
    command += ["--until", _written(end)] if (end := until_of(args)) is not None else []
    log = detached_log(run.folder)
    before = log.stat().st_size if log.exists() else 0
    pid = processes.detach(command, log=log)
    code = _ended_early(run.folder, pid)
    if code:
        say(f"process {pid} ended with exit code {code}; the end of {log}:")
        for line in log.read_bytes()[before:].decode("utf-8", "replace").splitlines()[-LOG_LINES:]:
            say(f"  {line}")
        say(f"once that is mended, go on with: agentctl resume {run.folder.run}")
        return code
    say(f"goes on as process {pid}, which writes {log}")
    say(f"follow it with: agentctl attach {run.folder.run}   questions: agentctl inbox {run.folder.run}")
    emit([run.folder.run])
    return DONE


def _written(moment: float) -> str:
    """A moment that means the same to whoever reads it later."""
    return datetime.fromtimestamp(moment).astimezone().isoformat()


def _ended_early(folder: RunFolder, pid: int) -> int | None:
    """The exit code of a driver that ended before it was seen driving; None once it drives."""
    while not folder.was_driven_by(pid):
        if (code := processes.ended(pid)) is not None:
            return code
        time.sleep(_LOOK)
    return processes.ended(pid)
