"""The life of a pull request, from a comment on an issue to what is merged, on the emulated forge: the people's side.

The bot is a process that is told nothing of this. Whoever acts as a person here waits for what the bot says there, and
goes on; so the same life can be lived with a bot that is killed at any of its writes, and how it ends can be compared.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..emulated import Hub, emulated
from ..emulated.service import free_port
from .own_runs import settings
from .processes import environment, scripted_server

PEOPLE = {"ann": "write", "bea": "write", "mallory": "read"}
SPEC = """\
# shout

- **R1** `loud(text)` in `src/loud.py` MUST return the text in capitals.
- **R2** `twice(text)` in `src/twice.py` MUST return the text two times, with a space between.
- **R3** `shout(text)` in `src/shout.py` MUST return `twice(loud(text))`.
"""
REMARK = "`loud(text)` in `src/loud.py` MUST take away spaces at both ends of the text first."
LOG = "FAILED tests/test_ci.py::test_twice - src/twice.py:2: `twice` in src/twice.py has no docstring\n"
PATIENCE = 300.0
"""Seconds for the bot to come to what is waited for."""
PACE = "0.05"
"""Of the bot; what is waited for between two looks is not what a life is about."""
BOT = "agentctl[bot]"
_RUN = re.compile(r"\bi\d+-[a-z0-9]{6}\b")
_SHA = re.compile(r"\b[0-9a-f]{7,40}\b")
_MARKER = re.compile(r"<!-- (.*?) -->")
_IMPORTS = "from loud import loud\nfrom twice import twice\n"
_LOUD = "def loud(text):\n    return text.upper()\n"
_REPAIRED = '"""Two times."""'
_FILES = {
    "T1": {"src/loud.py": _LOUD},
    "T2": {"src/twice.py": 'def twice(text):\n    return f"{text} {text}"\n'},
    "T3": {"src/shout.py": f"{_IMPORTS}\n\ndef shout(text):\n    return twice(loud(text))\n"},
    "T4": {"src/loud.py": _LOUD.replace("text.upper", "text.strip().upper")},
    "T5": {"src/twice.py": f'def twice(text):\n    {_REPAIRED}\n    return f"{{text}} {{text}}"\n'},
}
_NEEDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "T1": ("parts", ()),
    "T2": ("parts", ()),
    "T3": ("whole", ("T1", "T2")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a life ended, without what differs between two lives: ids of runs, commits, moments."""

    said: tuple[str, ...]
    """What the bot said in the issue and in pull requests, by its markers."""
    pulls: tuple[tuple[str, str, str], ...]
    """Branch, base and state of each."""
    replies: tuple[str, ...]
    """Markers of what it answered to remarks."""
    files: tuple[tuple[str, str], ...]
    """What is on the main branch."""
    eyes: int
    """Comments that it has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A life: how it ended, how many writes it took, and what was there twice or was lost."""

    end: End
    writes: tuple[str, ...]
    wrong: tuple[str, ...]
    seconds: float
    kills: int


@dataclass(slots=True, kw_only=True)
class Bot:
    """``agentctl bot serve``, begun again whenever it is gone, as a service manager does."""

    hub: Hub
    home: Path
    port: int = field(default_factory=free_port)
    kills: int = 0
    broke: str = ""
    """What it said last, where it ended and nobody had killed it."""
    _process: "subprocess.Popen[bytes] | None" = None
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def serving(self) -> Iterator["Bot"]:
        """There while the block runs."""
        self.hub.outbox.door = f"http://127.0.0.1:{self.port}/webhook"
        self._begin()
        keeper = threading.Thread(target=self._keep, name="keeper")
        keeper.start()
        try:
            yield self
        finally:
            self._ended.set()
            keeper.join()
            self._end()

    def kill(self) -> None:
        """At this very moment, and nothing that it started."""
        if self._process is not None:
            self.kills += 1
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(30)

    def _begin(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        words = ["bot", "serve", "--home", str(self.home), "--port", str(self.port)]
        with (self.home / "bot.out").open("ab") as out:
            command = [sys.executable, "-P", "-m", "agentctl", *words]
            self._process = subprocess.Popen(command, env=self._environment(), cwd=self.home, stdout=out, stderr=out)

    def _environment(self) -> dict[str, str]:
        return environment(
            AGENTCTL_GITHUB_API=self.hub.api,
            AGENTCTL_GITHUB_GIT=self.hub.api,
            AGENTCTL_GITHUB_APP_ID=str(self.hub.app.id),
            AGENTCTL_GITHUB_APP_KEY=str(self.hub.app.key),
            AGENTCTL_WEBHOOK_SECRET=self.hub.app.secret,
            OPENAI_API_KEY="sk-of-nobody",
            AGENTCTL_BOT_PACE=PACE,
        )

    def _keep(self) -> None:
        """Begin it again where it is gone; then send once more what nobody took, as people do on GitHub's page."""
        while not self._ended.wait(0.2):
            if self._process is not None and (code := self._process.poll()) is not None:
                if code != -signal.SIGKILL:
                    self.broke = (self.home / "bot.out").read_text(encoding="utf-8", errors="replace")[-1000:]
                    return
                self._begin()
            for sent in list(self.hub.outbox.every):
                if sent.answers and sent.answers[-1] == 0 and not self._ended.wait(0.2):
                    self.hub.deliver(sent)

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(30)


def lived(folder: Path, *, kill_at: int | None = None, before: bool = False, patience: float = PATIENCE) -> Lived:
    """Live a life; the bot is killed at that write of its, when it was done and not yet answered, or just before.

    Raises TimeoutError where the bot does not come to what is waited for, RuntimeError where it ends; each says which.
    """
    begun = time.monotonic()
    with scripted_server(script()) as address:
        files = {"agentctl.toml": settings(address, gates=2), "README.md": "shout\n"}
        with emulated(folder / "forge", people=PEOPLE, files=files) as hub:
            bot, writes = Bot(hub=hub, home=folder / "bot"), list[str]()

            def at_write(number: int, what: str) -> None:
                writes.append(what)
                if number == kill_at:
                    bot.kill()

            if before:
                hub.front.before_write = at_write
            else:
                hub.front.after_write = at_write
            with bot.serving():
                issue = _People(hub=hub, bot=bot, patience=patience).live()
            wrong = (*_twice(hub), *_runs(bot.home))
            return Lived(
                end=_end_of(hub, issue),
                writes=tuple(writes),
                wrong=tuple(wrong),
                seconds=time.monotonic() - begun,
                kills=bot.kills,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """Ann, who asks and merges; Bea, who reviews; and what CI says."""

    hub: Hub
    bot: Bot
    patience: float

    def live(self) -> int:
        """From the first comment to the last merge; returns the issue's number."""
        ann = self.hub.as_("ann")
        issue = ann.open_issue("shout", SPEC)
        self.hub.as_("mallory").comment(issue, "/agentctl run")
        ann.comment(issue, "/agentctl plan")
        self._until(lambda: self._says(issue, "Answer with `/agentctl approve`"), "the plan is asked about")
        ann.comment(issue, "/agentctl approve")
        first = self._until(self._ready, "a pull request is ready")
        self._change_requested(first)
        self._red(first)
        self._merged_all()
        self._until(lambda: self._says(issue, "**The end**: done, merged"), "the thread is over")
        return issue

    def _change_requested(self, number: int) -> None:
        """On a line; it is answered in its thread with a commit of the pull request."""
        lines = (self.hub.text(self.hub.pull(number)["head"]["ref"], "src/loud.py") or "").splitlines()
        place = next(at for at, line in enumerate(lines, start=1) if "upper" in line)
        self.hub.as_("bea").review(number, "REQUEST_CHANGES", remarks=[("src/loud.py", place, REMARK)])
        thread = self.hub.remarks(number)[-1]["id"]
        self._until(lambda: self._settled(number, thread), "the remark is answered with its commit")

    def _settled(self, number: int, thread: int) -> bool:
        """By a commit of that pull request."""
        replies = [each for each in self.hub.remarks(number) if each.get("in_reply_to_id") == thread]
        named = [sha for each in replies for sha in _SHA.findall(each["body"])]
        return any(commit.startswith(sha) for sha in named for commit in self._commits(number))

    def _red(self, number: int) -> None:
        """CI fails on its head; a commit comes on top of that which repairs it, and CI is well again."""
        red = self.hub.pull(number)["head"]
        self.hub.as_("ci").check(red["sha"], "ci", "failure", log=LOG)
        self._until(
            lambda: (
                _REPAIRED in (self.hub.text(red["ref"], "src/twice.py") or "")
                and red["sha"] in self._commits(number)[:-1]
            ),
            "the red check is repaired",
        )

    def _commits(self, number: int) -> list[str]:
        """Those of a pull request, the lowest first."""
        found = self.hub.as_("ann").ask("GET", f"pulls/{number}/commits?per_page=100")
        return [str(each["sha"]) for each in found]

    def _merged_all(self) -> None:
        """From the bottom, each when it is green, approved and on the main branch; the last has been in the queue."""
        while any(each["state"] == "open" for each in self.hub.pulls()):
            number = self._until(self._ready, "the next pull request is on the main branch and ready")
            sha = self.hub.pull(number)["head"]["sha"]
            self.hub.as_("ci").check(sha, "ci", "success")
            self.hub.as_("bea").review(number, "APPROVE")
            if not self.hub.pulls(state="open")[1:]:
                self._queued(number)
            self.hub.as_("ann").merge(number, method="squash", sha=sha)

    def _queued(self, number: int) -> None:
        """The merge queue makes a commit of it and of what the base has by then, whose tree nobody judged before."""
        self.hub.as_("ann").push("main", {"README.md": "# shout\n"})
        sha = self.hub.as_("ann").enqueue(number)
        self._until(lambda: self._passed(sha), "what the merge queue made is judged")

    def _passed(self, sha: str) -> bool:
        return bool(self.hub.checks(sha).get("agentctl/gate", {}).get("conclusion") == "success")

    def _ready(self) -> int | None:
        """The first open one to the main branch that is no draft and green by the gate."""
        for each in self.hub.pulls(state="open"):
            if each["base"]["ref"] == "main" and not each["draft"] and self._passed(each["head"]["sha"]):
                return int(each["number"])
        return None

    def _says(self, number: int, words: str) -> bool:
        return any(words in each["body"] for each in self.hub.comments(number) if each["user"]["login"] == BOT)

    def _until(self, holds: Any, what: str) -> Any:
        try:
            found = self.hub.wait(lambda: self.bot.broke or holds(), what=what, seconds=self.patience)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self._standing()}") from None
        if self.bot.broke:
            raise RuntimeError(f"the bot ended by itself, before {what}: {self.bot.broke}")
        return found

    def _standing(self) -> str:
        """What a person would see."""
        lines = []
        for pull in self.hub.pulls():
            checks = {name: each["conclusion"] for name, each in self.hub.checks(pull["head"]["sha"]).items()}
            place = f"{pull['head']['ref']} at {pull['head']['sha'][:10]} to {pull['base']['ref']}"
            lines.append(f"#{pull['number']} {place}: {pull['state']}, draft {pull['draft']}, {checks}")
            lines += [f"  {each['user']['login']}: {each['body']!r}" for each in self.hub.remarks(pull["number"])]
        for each in self.hub.comments(1):
            lines.append(f"{each['user']['login']}: {each['body']}")
        return "\n".join(lines)


def script() -> dict[str, Any]:
    """What models answer: the plan, and each task in one reply, whatever was asked before."""
    rules: list[dict[str, Any]] = [{"when": {"contains": "Cut this spec into tasks"}, "text": _plan()}]
    for task, files in _FILES.items():
        calls = [{"name": "write", "arguments": {"path": path, "content": text}} for path, text in files.items()]
        calls.append({"name": "submit", "arguments": {"summary": "done"}})
        rules.append({"when": {"contains": f"# Your task: {task} "}, "calls": calls})
    return {"rules": rules, "otherwise": {"fault": "bad_request"}}


def _plan() -> str:
    tasks = [
        {
            "id": task,
            "team": team,
            "title": f"Write {next(iter(_FILES[task]))}",
            "goal": f"Write {next(iter(_FILES[task]))}.",
            "requirements": [f"R{task[1:]}"],
            "owns": list(_FILES[task]),
            "needs": list(needs),
            "minutes": 1,
        }
        for task, (team, needs) in _NEEDS.items()
    ]
    teams = [{"id": "parts", "purpose": "the parts"}, {"id": "whole", "purpose": "what joins them"}]
    return json.dumps({"summary": "two parts and what joins them", "teams": teams, "tasks": tasks, "notes": []})


def _end_of(hub: Hub, issue: int) -> End:
    pulls = hub.pulls()
    threads = (issue, *(each["number"] for each in pulls))
    main = hub.branches()["main"]
    files = hub.front.world.bare.git("ls-tree", "-r", "--name-only", main).splitlines()
    states = [
        (each["head"]["ref"], each["base"]["ref"], "merged" if each["merged"] else each["state"]) for each in pulls
    ]
    return End(
        said=tuple(sorted(_plain(each) for number in threads for each in _markers(hub.comments(number)))),
        pulls=tuple(tuple(map(_plain, each)) for each in states),  # type: ignore[misc]  # three each
        replies=tuple(sorted(_plain(each) for pull in pulls for each in _markers(hub.remarks(pull["number"])))),
        files=tuple((path, hub.text(main, path) or "") for path in files if path.startswith("src/")),
        eyes=sum((BOT, "eyes") in hub.reactions(each["id"]) for each in hub.comments(issue)),
    )


def _twice(hub: Hub) -> Iterator[str]:
    """What may be there once, and is there more often."""
    issues = [each["number"] for each in hub.as_("root").ask("GET", "issues?state=all&per_page=100")]
    for number in issues:
        yield from _repeated(f"comment on #{number}", _markers(hub.comments(number)))
    pulls = hub.pulls()
    for pull in pulls:
        yield from _repeated(f"reply on #{pull['number']}", _markers(hub.remarks(pull["number"])))
    yield from _repeated("pull request from", [each["head"]["ref"] for each in pulls])
    yield from _checks(hub)


def _checks(hub: Hub) -> Iterator[str]:
    """A verdict stands once; where a queue is joined again there is another check, and the one before has ended."""
    made: dict[str, list[Any]] = {}
    for number, (sha, who) in list(hub.front.world.memory.checks.items()):
        if who == BOT:
            check = hub.as_("root").ask("GET", f"check-runs/{number}")
            made.setdefault(f"{check['name']} on {sha}", []).append(check)
    for name, found in made.items():
        if len(found) > 1 and name.startswith("agentctl/gate "):
            yield f"{len(found)} times: check {name}"
        if any(each["status"] != "completed" for each in found[:-1]):
            yield f"left open beside a later one: check {name}"


def _repeated(what: str, found: Sequence[str]) -> Iterator[str]:
    for each, times in Counter(found).items():
        if times > 1:
            yield f"{times} times: {what} {each}"


def _runs(home: Path) -> Iterator[str]:
    folders = [each.name for each in home.glob("repos/*/*/.agentctl/runs/*") if each.is_dir()]
    if len(folders) != 1:
        yield f"{len(folders)} runs where one was asked for: {', '.join(folders)}"


def _markers(comments: Sequence[Any]) -> list[str]:
    ours = [each["body"] for each in comments if each["user"]["login"] == BOT]
    return [found for body in ours for found in _MARKER.findall(body)[-1:]]


def _plain(text: str) -> str:
    return _SHA.sub("SHA", _RUN.sub("RUN", text))
