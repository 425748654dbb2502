"""The door to git. The only module that starts git, and GitPython is what it starts it with.

A `Door` belongs to one git directory. It knows plumbing commands only, is given object ids that were validated, paths
after ``--``, and everything else on standard input. It runs in that git directory, where no attribute file is found.
``fetch`` and ``push`` are for `remote` alone: every protocol is off unless the door it makes allows one.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from .. import kernel
from ..errors import AgentctlError, GitError
from ..unwritable import FAILING, FULL, failing, full
from .scrub import environment, unwanted

Command = Literal[
    "blame",
    "cat-file",
    "commit-tree",
    "config",
    "diff-tree",
    "fetch",
    "for-each-ref",
    "hash-object",
    "index-pack",
    "init",
    "ls-tree",
    "merge-tree",
    "mktree",
    "pack-objects",
    "push",
    "read-tree",
    "rev-list",
    "rev-parse",
    "status",
    "update-ref",
    "version",
    "worktree",
]

T = TypeVar("T")

OLDEST = "2.38"
"""The first git with ``merge-tree --write-tree``."""
TIMED_OUT = (124, 137)
"""How ``timeout`` says that it ended a command, or had to kill it."""
THREADS = 4
"""Parallel git processes of one door; each takes about 2 ms of a processor, so that more would only queue."""


_GRACE = 5
"""Seconds between asking git to end and killing it."""
_UNSAID = "couldn't write '"
"""How git says that it could open the lock of a ref and not write it, which only a disk does; it leaves out why."""
_LITTLE = 1 << 20
"""Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What git wrote, and how it ended."""

    status: int
    output: bytes
    words: str


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="git")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Runs plumbing commands on one git directory; what `dataclasses.replace` makes of it shares the threads."""

    git_dir: Path
    """Absolute; also the folder git runs in."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Configuration that wins over the repository's, such as the drivers to disarm."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further environment, such as who commits."""
    work_tree: Path | None = None
    """The checkout git may look at, for `survey` alone; without it git sees none."""
    personal: bool = False
    """Let git read the person's own configuration, for `person` alone."""
    seconds: int | None = None
    """After how long git is ended with everything it started; None for never. It then ends with `TIMED_OUT`."""
    pool: ThreadPoolExecutor = field(default_factory=_threads, repr=False, compare=False)

    def run(self, command: Command, *arguments: str, stdin: bytes = b"", accept: Collection[int] = (0,)) -> Answer:
        """Run ``git COMMAND ARGUMENTS`` and wait for it; ``accept`` are the exit codes that are no failures.

        Raises:
            GitError: git is missing, or ended with another code; carries its words.
            DiskFull: the disk is full, or fails.
        """
        given = {**environment(self.settings, personal=self.personal), **self.variables}
        place = "--bare" if self.work_tree is None else f"--work-tree={self.work_tree}"
        limit = ["timeout", f"--kill-after={_GRACE}", str(self.seconds)] if self._is_limited() else []
        place_of = [f"--git-dir={self.git_dir}", place]
        line = [*_taken_away(given), *limit, "git", *place_of, "--no-pager", command, *arguments]
        answer = _execute(line, cwd=self.work_tree or self.git_dir, stdin=stdin, given=given)
        if answer.status not in accept:
            raise refused(command, self.git_dir, answer)
        return answer

    def _is_limited(self) -> bool:
        """Of the systems that we run on macOS brings no ``timeout``: there git ends when its own connection does."""
        return self.seconds is not None and shutil.which("timeout") is not None

    async def call(
        self, command: Command, *arguments: str, stdin: bytes = b"", accept: Collection[int] = (0,)
    ) -> Answer:
        """`run` in the door's own threads, so that the event loop goes on."""
        return await self.aside(lambda: self.run(command, *arguments, stdin=stdin, accept=accept))

    async def aside(self, work: Callable[[], T]) -> T:
        """Do ``work`` in the door's threads."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)


def refused(command: str, git_dir: Path, answer: Answer) -> AgentctlError:
    """What git says of the disk is told as anybody else says it; its words are those of the C locale."""
    place = f"git {command}: the repository {git_dir}"
    if any(os.strerror(number) in answer.words for number in FULL):
        return full(place)
    unsaid = _UNSAID in answer.words
    if unsaid and not _has_room(git_dir):
        return full(place)
    if unsaid or any(os.strerror(number) in answer.words for number in FAILING):
        return failing(place, " ".join(answer.words.split()))
    return GitError(f"git {command} failed in {git_dir}: {answer.words or f'exit code {answer.status}'}")


def _has_room(git_dir: Path) -> bool:
    """Whether the disk has more room than a ref takes; a quota is not seen here."""
    found = os.statvfs(git_dir)
    return found.f_bavail * found.f_frsize >= _LITTLE


def _taken_away(given: Mapping[str, str]) -> list[str]:
    """GitPython adds to the inherited environment and never takes away; ``env -u`` does (0.7 ms, rarely needed)."""
    names = unwanted(os.environ, given)
    return ["env", *(part for name in names for part in ("-u", name))] if names else []


def _execute(line: list[str], *, cwd: Path, stdin: bytes, given: Mapping[str, str]) -> Answer:
    git, missing = _gitpython()
    source = kernel.unnamed_file("stdin", stdin) if stdin else None
    try:
        status, output, words = git(str(cwd)).execute(
            line,
            istream=source,
            env=given,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    except (missing, OSError) as error:
        raise GitError(f"git could not be started ({error}): install git {OLDEST} or newer") from error
    finally:
        if source is not None:
            os.close(source)
    return Answer(status=status, output=output or b"", words=str(words).strip())


def _gitpython() -> tuple[Any, type[Exception]]:
    try:
        from git import Git, GitCommandNotFound  # noqa: PLC0415 - 0.2 s of import that only users of git pay
    except ImportError as error:
        raise GitError(f"git could not be started ({error}): install git {OLDEST} or newer") from error
    return Git, GitCommandNotFound
