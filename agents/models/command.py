"""A command-line tool as a Model: one run of it for each request, through the text protocol.

It runs outside the sandbox, as the program of its user that it is: with its own login, in an empty folder, and with no
more of the environment than such a program needs.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ...orchestrator.nouns.keys import CallKey
from ...orchestrator.ports import Clock
from .. import pictures, text_protocol
from ..schema import find_json
from .command_errors import asks_for_login, failed, not_logged_in
from .command_output import Said, Unreadable, read
from .command_process import Ended, Patience, end_orphans, run
from .command_tools import PROMPT, PROMPT_FILE, Tool, tool_of
from .errors import ContextOverflow, Disconnected, KeyRefused, ModelError, NotInstalled, Repeating, TimedOut
from .port import Reply, Request, Usage
from .replies import RawReply, judge
from .tiers import Deployment, estimate_prompt, estimate_tokens

ALLOWED = (
    *("HOME", "PATH", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ"),
    *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"),
    *("DBUS_SESSION_BUS_ADDRESS", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)
"""What every tool is given of the environment: where it and its login are, and how it gets to the network. No key is
among it, so that a tool uses the login it has; and no display, so that none opens a browser."""

_ARGUMENT_BYTES = 131_000
"""Of the longest argument of a program on Linux (MAX_ARG_STRLEN, execve(2))."""


class CommandModel:
    """One deployment whose ``command`` is run for each request.

    Args:
        deployment: what to run, and how far it may go.
        clock: measures how long a call took.
        environ: what variables are taken from, at each call.
    """

    def __init__(self, deployment: Deployment, *, clock: Clock, environ: Mapping[str, str] = os.environ) -> None:
        self._deployment = deployment
        self._clock = clock
        self._environ = environ
        end_orphans()

    async def complete(self, key: CallKey, request: Request) -> Reply:  # noqa: ARG002 - the port's signature
        """Run the tool once, and judge what it prints.

        Raises subclasses of ModelError; whatever happens, nothing the tool started is left. Pictures are not shown.
        """
        deployment = self._deployment
        request = pictures.in_words(request, pictures.not_shown)
        if (tokens := estimate_prompt(request)) > deployment.context:
            raise ContextOverflow(
                f"{deployment.model}: about {tokens} tokens do not fit its context of {deployment.context} tokens; "
                "send less, or raise `context` in the settings"
            )
        started = self._clock.monotonic()
        prompt = text_protocol.render(request)
        ended = await self._run(prompt)
        return self._reply(request, self._said(ended, prompt), seconds=self._clock.monotonic() - started)

    async def _run(self, prompt: str) -> Ended:
        deployment = self._deployment
        scratch = Path(tempfile.mkdtemp(prefix="agentctl-command-"))
        try:
            folder, file = scratch / "empty", scratch / "prompt.md"
            folder.mkdir()
            argv = [part.replace(PROMPT_FILE, str(file)) for part in deployment.command]
            on_stdin = argv == list(deployment.command)
            if not on_stdin:
                file.write_text(prompt, encoding="utf-8", errors="replace")
            if any(PROMPT in part for part in argv):
                on_stdin = False
                argv = [part.replace(PROMPT, self._argument(prompt)) for part in argv]
            return await run(
                argv,
                stdin=prompt.encode("utf-8", "replace") if on_stdin else b"",
                env=environment(deployment, self._environ) | {"TMPDIR": str(scratch)},
                folder=folder,
                patience=Patience(idle=deployment.idle_seconds, total=deployment.total_seconds),
                hopeless=partial(asks_for_login, prompt=prompt),
            )
        except OSError as error:
            raise NotInstalled(absent(deployment.model, deployment.command[0], error.strerror or "")) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _argument(self, prompt: str) -> str:
        if len(prompt.encode("utf-8", "replace")) > _ARGUMENT_BYTES:
            raise ContextOverflow(
                f"{self._deployment.model}: the prompt is too long for an argument; take {PROMPT} out of `command` to "
                f"give it on stdin, or write {PROMPT_FILE} for the path of a file with it"
            )
        return prompt.replace("\0", "\N{REPLACEMENT CHARACTER}")

    def _said(self, ended: Ended, prompt: str) -> Said:
        """What came of it; raises the error for what went wrong."""
        model, tool = self._deployment.model, tool_of(self._deployment.model)
        wrong = partial(failed, model, prompt=prompt, tool=tool)
        if ended.stopped:
            raise self._stopped(ended, prompt, tool)
        try:
            said = read(self._deployment.output, ended.out)
        except Unreadable as unreadable:
            if ended.exit:
                raise wrong(ended.err or ended.out, how=f"exit code {ended.exit}") from None
            if not ended.out.strip() and ended.err.strip():  # Gemini CLI may refuse with exit code 0
                raise wrong(ended.err, how="no output") from None
            if ended.out.strip():
                raise Disconnected(
                    f"{model}: what it printed breaks off or is not what it should be ({unreadable}); asking again "
                    "may help",
                    usd=None,
                ) from None
            said = Said()
        if said.error or ended.exit:
            words = said.error or ended.err or said.text
            raise wrong(words, how=f"exit code {ended.exit}" if ended.exit else "an error")
        return said

    def _stopped(self, ended: Ended, prompt: str, tool: Tool | None) -> ModelError:
        deployment = self._deployment
        if ended.stopped == "login":
            return not_logged_in(deployment.model, ended.err, tool=tool)
        if ended.stopped == "output":
            return Repeating(f"{deployment.model} printed {len(ended.out):,} characters and was stopped; ask another")
        if isinstance(known := failed(deployment.model, ended.err, prompt=prompt, tool=tool, how="time"), KeyRefused):
            return known
        idle = ended.stopped == "idle"
        what = f"said nothing for {deployment.idle_seconds:g} s" if idle else f"took {deployment.total_seconds:g} s"
        setting = "idle_seconds" if idle else "total_seconds"
        return TimedOut(
            f"{deployment.model} {what} and was stopped; asking again may help, or a longer `{setting}` in [models]",
            usd=None,
        )

    def _reply(self, request: Request, said: Said, *, seconds: float) -> Reply:
        deployment = self._deployment
        usage = said.usage or Usage(
            prompt=estimate_prompt(request), completion=estimate_tokens(said.text), estimated=True
        )
        text = said.text
        if request.schema is not None and not request.tools:
            found, wrong = find_json(text, request.schema)
            text = text if wrong else found
        try:
            text, calls = judge(request, RawReply(text=text, cut=said.cut), model=deployment.model, in_text=True)
        except ModelError as error:
            error.usage = usage
            raise
        return Reply(text=text, calls=calls, usage=usage, model=deployment.model, usd=None, seconds=seconds)


def environment(deployment: Deployment, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables a tool is given: those allowed to all, those it needs, those its settings name, and ours."""
    tool = tool_of(deployment.model)
    names = (*ALLOWED, *(tool.env if tool else ()), *deployment.env)
    exact = {name for name in names if not name.endswith("*")}
    starts = tuple(name[:-1] for name in names if name.endswith("*"))
    given = {name: value for name, value in environ.items() if name in exact or (starts and name.startswith(starts))}
    return given | {"NO_COLOR": "1", "TERM": "dumb"} | (dict(tool.sets) if tool else {})


def absent(model: str, program: str, why: str = "") -> str:
    """What to say where a tool cannot be started."""
    tool = tool_of(model)
    if tool is None:
        return f"{model}: `{program}` cannot be started{f' ({why})' if why else ''}; correct `command` in [models]"
    return (
        f"{model}: `{program}` is not installed, or not on PATH; install it with `{tool.install}`, log in with "
        f"`{tool.login}`, or choose another profile"
    )
