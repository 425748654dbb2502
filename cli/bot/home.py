"""Where a bot lives: one folder with its book, its log, its lock, and the clones of the repositories it works for."""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...orchestrator.errors import RunStateError, UsageError
from ...orchestrator.nouns.forge import RepoName
from ...orchestrator.refused_by_sqlite import translated
from ...orchestrator.store.folder import exclude_from_git
from ...tui.clean import clean
from ..output import say
from ..repository import locate

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?")
_NAME = re.compile(r"(?!\.\.?\Z)(?!\.git\Z)[A-Za-z0-9._-]{1,100}")
_LOG_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The folder of one bot.

    Args:
        path: the folder.
        only: the clone where one stands, of a bot that works for that one repository.
        secrets: the variables that hold the secrets of its webhooks.
    """

    path: Path
    only: Path | None = None
    secrets: tuple[str, ...] = ()

    @property
    def book(self) -> Path:
        """What the bot remembers."""
        return self.path / "bot.db"

    @property
    def log(self) -> Path:
        """What it said, the latest 4 MB; what it said before is beside it."""
        return self.path / "bot.log"

    def clone(self, repo: RepoName) -> Path:
        """Where the clone of a repository is, or is to be made.

        Raises:
            UsageError: the name is none that a forge gives, so it could lead anywhere.
        """
        if not (_OWNER.fullmatch(repo.owner) and _NAME.fullmatch(repo.name)):
            raise UsageError(f"{clean(str(repo), width=80)!r} names no repository: it is OWNER/NAME.")
        if self.only is not None:
            return self.only
        place = self.path / "repos" / repo.owner.lower() / repo.name.lower()
        for part in (place.parent.parent, place.parent, place):
            if part.is_symlink():
                raise UsageError(f"{part} is a symbolic link, which could lead anywhere: remove it.")
        return place

    def make(self) -> None:
        """Have the folder there, overlooked by git where it is in a repository, and a book that nobody else reads.

        Raises:
            UsageError: it cannot be made, or not be written to; a disk that is full is told as everywhere.
        """
        if self.only is not None:
            exclude_from_git(self.only)
        try:
            with translated(self.path):
                self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
                # Payloads of private repositories stand in the book, and the folder may be one that others can read.
                os.close(os.open(self.book, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        except OSError as error:
            raise UsageError(
                f"{self.path} cannot be a bot's home ({error.strerror}): make it writable, or name another with --home."
            ) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only bot that lives here, until the block ends or the process does.

        Raises:
            RunStateError: another one does; the message names it.
        """
        self.make()
        with translated(self.path):
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                who = os.pread(handle, 200, 0).decode(errors="replace") or "another process"
                raise RunStateError(
                    f"{self.path} is the home of a bot at work ({who}): end that one, or give this one another --home."
                ) from None
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()}".encode(), 0)
            yield
        finally:
            os.close(handle)

    def bot(self) -> str:
        """Who lives here now (``process 4711``); empty for nobody. A look, not a promise."""
        try:
            handle = os.open(self.path / "lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return ""
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(handle, 200, 0).decode(errors="replace") or "another process"
        else:
            return ""
        finally:
            os.close(handle)

    def tell(self, text: str) -> None:
        """Say a line, and keep it in the log; a log that cannot be written is no reason to stop."""
        say(text)
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        with suppress(OSError):
            if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
                self.log.replace(self.log.with_name("bot.log.1"))
            handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.write(handle, f"{moment} {clean(text, width=1000)}\n".encode())
            finally:
                os.close(handle)


def home_of(repo: str | None, home: str | None) -> Home:
    """The home that the command line names, or that of the repository where one stands.

    Raises:
        UsageError: it cannot be one.
        RepositoryError: there is no repository here, and no ``home``.
    """
    if home is not None:
        path = Path(home).expanduser().resolve()
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is a file: name a folder with --home.")
        return Home(path=path)
    root = locate(repo)
    for part in (root / ".agentctl", root / ".agentctl" / "bot"):
        if part.is_symlink():
            raise RunStateError(f"{part} is a symbolic link, which could lead anywhere: remove it")
    return Home(path=root / ".agentctl" / "bot", only=root)
