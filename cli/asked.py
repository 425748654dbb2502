"""What runs ask a person: of one run, or of every run of a repository that is not over."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..orchestrator.errors import RunStateError
from ..orchestrator.rules.ranking import cause, reasons
from ..orchestrator.store.folder import RunFolder, all_runs, find
from ..tui.clean import clean
from ..tui.inbox import Ranked, standing
from ..tui.snapshot import FINISHED
from .answers import form
from .output import say
from .repository import opened
from .words import question_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The questions of one run, the most urgent first; ``over``: no answer can change it any more."""

    run: str
    title: str
    over: bool
    ranked: tuple[Ranked, ...]
    now: float = 0.0
    """When it was looked at, in seconds since the epoch."""

    def lines(self, *, named: bool) -> Iterator[str]:
        """The questions in words, and how to answer; ``named`` begins with the run, where several are shown."""
        if named:
            yield f"run {self.run}  {clean(self.title, width=100)}"
            yield ""
        yield from self._by_cause([each for each in self.ranked if not each.held])
        later = [each for each in self.ranked if each.held]
        if later:
            yield f"{len(later)} held for the digest, as other work goes on and you were asked enough this hour:"
            yield ""
            yield from self._by_cause(later)
        waiting = [each.asked for each in self.ranked if each.asked.answer is None]
        if waiting and not self.over:
            yield f"answer with: agentctl answer --run {self.run} {waiting[0].id} {form(waiting[0].question)}"
            yield from ("",) if named else ()

    def _by_cause(self, ranked: list[Ranked]) -> Iterator[str]:
        """Those of one cause together, where the most urgent of them stands."""
        causes = dict.fromkeys(cause(each.asked.question) for each in ranked)
        for name in causes:
            group = [each for each in ranked if cause(each.asked.question) == name]
            if len(group) > 1 and len(causes) > 1:
                yield f"about {clean(name, width=100)}: {len(group)} questions"
                yield ""
            for each in group:
                why = reasons(each, now=self.now) if each.asked.answer is None else ""
                yield from (*question_lines(each.asked, reasons=why), "")


def asked_in(root: Path, prefix: str | None, *, answered: bool) -> list[Inbox]:
    """What is asked in the run of that name, or in all that are not over, the latest last; ``answered`` ones too.

    With ``answered`` the latest run is among them although it is over. Without a name, runs that ask nothing are left
    out, and so are, with a word on stderr, those that cannot be read.

    Raises:
        RunStateError: there is no such run, or none at all.
    """
    latest = find(root, prefix)
    found: list[Inbox] = []
    for folder in all_runs(root) if prefix is None else (latest,):
        try:
            inbox = _of(folder, answered=answered)
        except RunStateError as error:
            if prefix is not None:
                raise
            say(f"run {folder.run} cannot be read: {clean(str(error), width=200)}")
            continue
        if prefix is not None or (inbox.ranked and (not inbox.over or folder.run == latest.run)):
            found.append(inbox)
    return found


def _of(folder: RunFolder, *, answered: bool) -> Inbox:
    with opened(folder) as run:
        now = run.store.run()
        over = now.state in FINISHED
        questions = () if over and not answered else run.store.questions(only_open=not answered)
        at = time.time()
        ranked = standing(run.store, questions, now=at)
        return Inbox(run=folder.run, title=now.title, over=over, ranked=ranked, now=at)
