"""The desk as a Model: lays each prompt on the desk and waits for whoever answers it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...orchestrator.nouns.keys import CallKey
from ...orchestrator.ports import Clock
from ..desk.answers import read_answer
from ..desk.inbox import Inbox, Prompt, prompt_id
from ..digest import dump_request
from ..pictures import in_words, to_attach
from .errors import Malformed
from .port import Reply, Request, Usage
from .tiers import estimate_prompt, estimate_tokens

_POLL_SECONDS = 0.1


class DeskModel:
    """People, chat windows and programs, in the place of a provider.

    Args:
        folder: where the prompts wait.
        run: the run's id; with a call's key it makes the id of its prompt.
        clock: for waiting, and for how long an answer took.
        team_of: the team of a task, by which `next_prompt` can choose; empty where there is none.
    """

    def __init__(self, folder: Path, *, run: str, clock: Clock, team_of: Callable[[str], str] = lambda _: "") -> None:
        self._inbox = Inbox(folder, now=clock.now)
        self._run = run
        self._clock = clock
        self._team_of = team_of
        self._answered: list[str] = []

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """The answer from the desk. One that cannot be used goes back there once, with what is wrong.

        After that, tool calls that cannot be run come back with their errors, and a structured answer that does not
        satisfy its schema raises Malformed. Pictures are named, not shown.
        """
        self._clear_away()
        request = in_words(request, to_attach)
        prompt = Prompt(
            id=prompt_id(self._run, key),
            run=self._run,
            key=key,
            team=self._team_of(key.attempt.task),
            at=self._clock.now(),
            tier=request.tier,
            request_json=dump_request(request),
        )
        started = self._clock.monotonic()
        try:
            text = await self._answer(prompt)
        finally:
            self._inbox.withdraw(prompt.id)
        self._answered.append(prompt.id)
        return self._reply(request, text, seconds=self._clock.monotonic() - started)

    def _clear_away(self) -> None:
        """Forget the replies handed over before. Not earlier: they had to be stored by whoever asked for them."""
        while self._answered:
            self._inbox.forget(self._answered.pop())

    async def _answer(self, prompt: Prompt) -> str:
        prompt, request = self._inbox.put(prompt), prompt.request
        while True:
            while (text := self._inbox.take(prompt.id)) is None:
                await self._clock.sleep(_POLL_SECONDS)
            problems = read_answer(request, text).problems
            if not problems or prompt.correction:
                return text
            prompt = replace(prompt, correction=problems)
            self._inbox.give_back(prompt)

    @staticmethod
    def _reply(request: Request, text: str, *, seconds: float) -> Reply:
        answer = read_answer(request, text)
        usage = Usage(prompt=estimate_prompt(request), completion=estimate_tokens(text), estimated=True)
        if answer.problems and not answer.calls:
            raise Malformed(
                f"the answer from the desk cannot be used: {'; '.join(answer.problems)}",
                problems=answer.problems,
                said=text,
                usage=usage,
            )
        return Reply(text=answer.text, calls=answer.calls, usage=usage, model="desk", usd=None, seconds=seconds)
