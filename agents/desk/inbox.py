"""The desk's folder: prompts that wait, who is at them, and the replies. The only module that touches its files.

For each prompt there are ``ID.json`` (what is asked, for programs), ``ID.prompt.md`` (the same, to read and to copy;
there as long as an answer is wanted), ``ID.claim`` (who is at it) and ``ID.reply.md`` (the answer). Each appears by a
rename or a link, so that nobody ever reads half of one. The model's side writes the prompt and takes the reply away;
everyone else claims and replies. Ids come from the run and the call, so that a prompt is itself again after a crash.
"""

import fcntl
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ...orchestrator.errors import UsageError
from ...orchestrator.nouns.keys import CallKey
from ..digest import load_request
from ..models.port import Request
from ..text_protocol import render
from .answers import missing_call, read_answer

CLAIM_SECONDS = 15 * 60.0
"""After this time without a reply a prompt is anybody's again."""

_POLL_SECONDS = 0.1
_LONGEST_REPLY = 4_000_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDINGS = (".prompt.md", ".claim", ".reply.md", ".json")


class AnswerRefused(UsageError):
    """An answer that cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt as it waits at the desk."""

    id: str
    run: str
    key: CallKey
    team: str
    at: float
    """When it was put there, in seconds since the epoch."""
    tier: str
    request_json: str
    """Read only when it is needed: `request` gives the noun."""
    correction: tuple[str, ...] = ()
    """What was wrong with the answer before, if there was one."""
    claimant: str = ""
    """Who is at it now; empty if nobody is."""

    @property
    def request(self) -> Request:
        """What is asked."""
        return load_request(self.request_json)

    @property
    def text(self) -> str:
        """The prompt to read or to paste into a chat window."""
        text = f"<!-- {self.headline} -->\n\n{render(self.request)}"
        if not self.correction:
            return text
        listed = "\n".join(f"- {problem}" for problem in self.correction)
        return f"{text}\n# Your answer could not be used\n\n{listed}\n\nSend the whole answer again, corrected.\n"

    @property
    def headline(self) -> str:
        """Whose call it is, in one line."""
        attempt, key = self.key.attempt, self.key
        team = f" of team {self.team}" if self.team else ""
        line = f"{self.id}: run {self.run}, {key.role}{team}, task {attempt}, turn {key.turn}, tier {self.tier}"
        return line.replace("--", "-").replace(">", "")


def prompt_id(run: str, key: CallKey) -> str:
    """The id of that call's prompt: readable at its front, unique by its end, safe as a file's name."""
    stamp = hashlib.sha256(f"{run}\n{key}".encode()).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9]+", ".", f"{key.attempt.task}-{key.role}-{key.turn}").strip(".")[:40]
    return f"{readable}-{stamp}" if readable else stamp


class Inbox:
    """One desk. ``now`` is the time of the epoch, by which claims grow stale."""

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now

    def put(self, prompt: Prompt) -> Prompt:
        """Lay a prompt on the desk, and say how it lies there now.

        A reply or a correction that is there for the same request stays; what was for another request goes.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = self._meta(prompt.id)
        if before is None or bytes(before.request) != prompt.request_json.encode():
            self.forget(prompt.id)
        elif not prompt.correction:
            prompt = replace(prompt, correction=before.correction, at=before.at)
        self._write(prompt.id, ".json", msgspec.json.encode(_Meta.of(prompt)).decode())
        self._write(prompt.id, ".prompt.md", prompt.text)
        return prompt

    def give_back(self, prompt: Prompt) -> None:
        """Ask again, for anyone to answer: the reply was of no use, and the prompt now says why."""
        self._remove(prompt.id, ".reply.md", ".claim")
        self.put(prompt)

    def take(self, prompt_id: str) -> str | None:
        """The reply, if there is one. It stays until `forget`, so that a crash does not lose it."""
        try:
            with self._path(prompt_id, ".reply.md").open("rb") as file:
                return file.read(_LONGEST_REPLY).decode(errors="replace")
        except FileNotFoundError:
            return None

    def withdraw(self, prompt_id: str) -> None:
        """Want no answer any more; one that was given is kept for when the same is asked again."""
        self._remove(prompt_id, ".prompt.md", ".claim")
        if not self._path(prompt_id, ".reply.md").exists():
            self._remove(prompt_id, ".json")

    def forget(self, prompt_id: str) -> None:
        """Remove everything there is about a prompt."""
        self._remove(prompt_id, *_ENDINGS)

    def clear(self, run: str) -> None:
        """Remove whatever a run has left behind."""
        for file in self._folder.glob("*.json"):
            meta = self._meta(file.stem)
            if meta is not None and meta.run == run:
                self.forget(file.stem)

    def waiting(self) -> tuple[Prompt, ...]:
        """Prompts that want an answer and have none, oldest first."""
        ids = [file.name.removesuffix(".prompt.md") for file in self._folder.glob("*.prompt.md")]
        found = [prompt for prompt_id in ids if (prompt := self.find(prompt_id)) is not None]
        return tuple(sorted(found, key=lambda prompt: (prompt.at, prompt.id)))

    def find(self, prompt_id: str) -> Prompt | None:
        """The prompt of that id, if it still wants an answer."""
        if not _ID.fullmatch(prompt_id) or not self._path(prompt_id, ".prompt.md").exists():
            return None
        if (meta := self._meta(prompt_id)) is None or self._path(prompt_id, ".reply.md").exists():
            return None
        return meta.prompt(claimant=self._claimant(prompt_id))

    def claim(self, prompt_id: str, claimant: str) -> bool:
        """Be the one who answers a prompt; False if someone else is at it, or it is not waiting any more."""
        with self._alone():
            prompt = self.find(prompt_id)
            if prompt is None or prompt.claimant not in {"", claimant}:
                return False
            claimant = " ".join(claimant.split())[:100] or "someone"
            self._write(prompt_id, ".claim", f"{self._now()!r} {claimant}\n")
            return True

    def reply(self, prompt_id: str, text: str) -> None:
        """Answer a prompt; the first usable answer counts. Raises AnswerRefused, which says what to do."""
        prompt = self.find(prompt_id)
        if prompt is None:
            raise AnswerRefused(f"no prompt {prompt_id!r} waits for an answer; `agentctl desk next` shows what does")
        if len(text.encode(errors="replace")) > _LONGEST_REPLY:
            raise AnswerRefused(f"the answer is longer than {_LONGEST_REPLY // 1_000_000} MB; send less")
        answer = read_answer(prompt.request, text)
        problems = answer.problems or missing_call(prompt.request, answer)
        if problems:
            raise AnswerRefused("the answer cannot be used:\n" + "\n".join(f"- {problem}" for problem in problems))
        try:
            self._write(prompt_id, ".reply.md", text, exclusive=True)
        except FileExistsError:
            raise AnswerRefused(f"prompt {prompt_id} was answered by someone else a moment ago") from None

    def _claimant(self, prompt_id: str) -> str:
        try:
            at, _, claimant = self._path(prompt_id, ".claim").read_text(errors="replace").strip().partition(" ")
            return claimant if 0 <= self._now() - float(at) < CLAIM_SECONDS else ""
        except (FileNotFoundError, ValueError):
            return ""

    def _meta(self, prompt_id: str) -> "_Meta | None":
        try:
            return msgspec.json.decode(self._path(prompt_id, ".json").read_bytes(), type=_Meta)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def _path(self, prompt_id: str, ending: str) -> Path:
        return self._folder / f"{prompt_id}{ending}"

    def _remove(self, prompt_id: str, *endings: str) -> None:
        for ending in endings:
            self._path(prompt_id, ending).unlink(missing_ok=True)

    def _write(self, prompt_id: str, ending: str, text: str, *, exclusive: bool = False) -> None:
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if exclusive:
                os.link(name, self._path(prompt_id, ending))
            else:
                Path(name).replace(self._path(prompt_id, ending))
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No two claims at a time, whatever process they are made by."""
        with (self._folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which prompts somebody answers; None where it is all the same. The role ``critic`` has ``critic.choice`` too."""

    role: str | None = None
    task: str | None = None
    team: str | None = None
    tier: str | None = None

    def fits(self, prompt: Prompt) -> bool:
        """Whether the prompt is one of these."""
        roles = {None, prompt.key.role, prompt.key.role.partition(".")[0]}
        placed = self.task in {None, prompt.key.attempt.task} and self.team in {None, prompt.team}
        return placed and self.role in roles and self.tier in {None, prompt.tier}


ANY = Wanted()


def next_prompt(folder: Path, *, claimant: str, wait: float | None, wanted: Wanted = ANY) -> Prompt | None:
    """Claim the oldest of the wanted prompts that nobody is at.

    Waits up to ``wait`` seconds for one, without end if that is None; returns None if there was none by then.
    """
    inbox = Inbox(folder)
    until = None if wait is None else time.monotonic() + wait
    while True:
        for prompt in inbox.waiting() if folder.is_dir() else ():
            if wanted.fits(prompt) and not prompt.claimant and inbox.claim(prompt.id, claimant):
                return replace(prompt, claimant=claimant)
        if until is not None and time.monotonic() >= until:
            return None
        time.sleep(_POLL_SECONDS)


def reply(folder: Path, prompt_id: str, text: str) -> None:
    """Answer a prompt; raises AnswerRefused, which says what is wrong, if the answer cannot be used."""
    Inbox(folder).reply(prompt_id, text)


class _Meta(msgspec.Struct, kw_only=True):
    """A prompt as ``ID.json``."""

    id: str
    run: str
    key: str
    role: str
    task: str
    team: str
    turn: int
    tier: str
    at: float
    request: msgspec.Raw
    correction: tuple[str, ...] = ()

    @classmethod
    def of(cls, prompt: Prompt) -> "_Meta":
        return cls(
            id=prompt.id,
            run=prompt.run,
            key=str(prompt.key),
            role=prompt.key.role,
            task=prompt.key.attempt.task,
            team=prompt.team,
            turn=prompt.key.turn,
            tier=prompt.tier,
            at=prompt.at,
            request=msgspec.Raw(prompt.request_json.encode()),
            correction=prompt.correction,
        )

    def prompt(self, *, claimant: str) -> Prompt:
        return Prompt(
            id=self.id,
            run=self.run,
            key=CallKey.parse(self.key),
            team=self.team,
            at=self.at,
            tier=self.tier,
            request_json=bytes(self.request).decode(),
            correction=self.correction,
            claimant=claimant,
        )
