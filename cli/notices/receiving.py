"""Receives answers over HTTP: `routes` for a server of aiohttp. Nothing is believed before its signature is.

Every body that is answered is JSON; whatever is wrong with a signature is told in the same words.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs

from pydantic import BaseModel, Field, Json, ValidationError

from ...orchestrator.errors import SettingsError
from ...tui.clean import clean
from .channel import NotDelivered
from .channels import secret_of, variable
from .entering import Given, Taken, entered
from .posting import post
from .slack import escaped
from .wanted import Wanted
from .webhook import MOST_BYTES, signer

if TYPE_CHECKING:
    from aiohttp import web

ANSWER, SLACK = "/answer", "/slack"
_SECONDS = 10.0
"""For the body of a request to arrive."""
_DENIED = "the signature is missing, wrong, too old or too early"
_SLACK_REPLIES = "https://hooks.slack.com/"
_NAME = 60
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
_SLACK_SIGNED = ("x-slack-request-timestamp", "x-slack-signature")

Reply = Callable[[str, bytes, Mapping[str, str]], object]
"""Sends a body to an address of Slack."""


class _Named(Given):
    by: str = Field(min_length=1, max_length=200)


class _Pressed(Given):
    alone: bool


class _User(BaseModel):
    id: str = Field(max_length=40)


class _Action(BaseModel):
    value: Json[_Pressed]


class _Payload(BaseModel):
    """What Slack sends of a pressed button, as far as it matters here."""

    type: Literal["block_actions"]
    user: _User
    actions: list[_Action] = Field(min_length=1, max_length=1)
    response_url: str = Field(default="", max_length=500)


def routes(
    root: Path,
    wanted: Wanted,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
    reply: Reply = post,
) -> "list[web.RouteDef]":
    """Where answers come in for the runs of the repository at ``root``; nowhere unless the settings want it.

    ``POST /answer`` is there where the secret of webhooks is, ``POST /slack`` where Slack's is and somebody may answer.

    Raises:
        SettingsError: answers are wanted, and no secret is there to know them by.
    """
    from aiohttp import web

    if not wanted.answers:
        return []
    found: list[web.RouteDef] = []
    if wanted.webhooks or not wanted.buttons or environ.get(wanted.secret_env):
        secret = secret_of(wanted, environ)
        found.append(web.post(ANSWER, _Webhooks(root=root, secret=secret, clock=clock).answer))
    if wanted.buttons:
        signing = variable(wanted.slack_signing_env, environ)
        slack = _Slack(root=root, signing=signing, users=frozenset(wanted.slack_users), clock=clock, reply=reply)
        found.append(web.post(SLACK, slack.answer))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Webhooks:
    root: Path
    secret: str = field(repr=False)
    clock: Callable[[], float]

    async def answer(self, request: "web.Request") -> "web.Response":
        from standardwebhooks.webhooks import WebhookVerificationError

        body = await _body(request)
        if isinstance(body, Taken):
            return _response(body)
        try:
            signer(self.secret).verify(body, _only(request, _SIGNED), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return _response(Taken(status=401, words=_DENIED))
        try:
            given = _Named.model_validate_json(body)
        except ValidationError as error:
            return _response(Taken(status=400, words=_complaint(error)))
        message = f"webhook {request.headers['webhook-id']}"
        author = f"person:webhook:{clean(given.by, width=_NAME)}"
        return _response(await _entered(self.root, given, message=message, author=author, clock=self.clock))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slack:
    root: Path
    signing: str = field(repr=False)
    users: frozenset[str]
    clock: Callable[[], float]
    reply: Reply
    replies: "set[asyncio.Task[None]]" = field(default_factory=set)
    """Under way; Slack wants its own request answered before."""

    async def answer(self, request: "web.Request") -> "web.Response":
        body = await _body(request)
        if isinstance(body, Taken):
            return _response(body)
        if not self._is_theirs(body, _only(request, _SLACK_SIGNED)):
            return _response(Taken(status=401, words=_DENIED))
        try:
            payload = _Payload.model_validate_json(parse_qs(body.decode()).get("payload", [""])[0])
        except ValidationError as error:
            return _response(Taken(status=400, words=_complaint(error)))
        given = payload.actions[0].value
        if payload.user.id not in self.users:
            taken = Taken(status=403, words="you are not among those who may answer here: `slack_users` names them")
        else:
            message = f"slack {request.headers['x-slack-signature']}"
            author = f"person:slack:{payload.user.id}"
            taken = await _entered(self.root, given, message=message, author=author, clock=self.clock)
        return self._told(taken, payload, by=payload.user.id, alone=given.alone)

    def _is_theirs(self, body: bytes, headers: dict[str, str]) -> bool:
        from slack_sdk.signature import Clock, SignatureVerifier

        class Now(Clock):
            now = staticmethod(self.clock)

        try:
            return SignatureVerifier(self.signing, clock=Now()).is_valid_request(body, headers)
        except (ValueError, TypeError):
            return False

    def _told(self, taken: Taken, payload: _Payload, *, by: str, alone: bool) -> "web.Response":
        """What the person sees: in the place of the notice where it was about this question alone, else beside it."""
        from aiohttp import web

        is_taken = taken.status == 200  # noqa: PLR2004 - as HTTP has it
        words = f"{taken.words} (by {by}). {taken.next}".strip() if is_taken else taken.words
        shown = {"response_type": "ephemeral", "replace_original": is_taken and alone, "text": escaped(clean(words))}
        if payload.response_url.startswith(_SLACK_REPLIES):
            task = asyncio.create_task(self._reply(payload.response_url, json.dumps(shown).encode()))
            self.replies.add(task)
            task.add_done_callback(self.replies.discard)
        if taken.status in {403, 429, 500}:
            return _response(taken)
        return web.json_response(shown)

    async def _reply(self, address: str, body: bytes) -> None:
        try:
            await asyncio.to_thread(self.reply, address, body, {"content-type": "application/json"})
        except NotDelivered:  # the answer stands whether or not Slack shows that it was taken
            return


def _only(request: "web.Request", names: tuple[str, ...]) -> dict[str, str]:
    """Of headers that come twice the first: what is verified has to be what is remembered."""
    return {name: request.headers.get(name, "") for name in names}


async def _body(request: "web.Request") -> bytes | Taken:
    """The raw body; or what is wrong with it."""
    from aiohttp import web

    if request.content_length is None:
        return Taken(status=411, words="say by Content-Length how long the body is")
    large = Taken(status=413, words=f"the body is larger than {MOST_BYTES} bytes")
    if request.content_length > MOST_BYTES:
        return large
    try:
        async with asyncio.timeout(_SECONDS):
            body = await request.read()
            return body if len(body) <= MOST_BYTES else large
    except web.HTTPRequestEntityTooLarge:  # it was packed
        return large
    except TimeoutError:
        return Taken(status=408, words=f"the body did not arrive within {_SECONDS:g} s")


async def _entered(root: Path, given: Given, *, message: str, author: str, clock: Callable[[], float]) -> Taken:
    plain = Given(run=given.run, question=given.question, key=given.key, answer=given.answer)
    enter: Awaitable[Taken] = asyncio.to_thread(entered, root, plain, message=message, author=author, clock=clock)
    return await enter


def _response(taken: Taken) -> "web.Response":
    from aiohttp import web

    if taken.status == 200:  # noqa: PLR2004 - as HTTP has it
        return web.json_response({"taken": taken.words, "next": taken.next})
    return web.json_response({"error": taken.words}, status=taken.status)


def _complaint(error: ValidationError) -> str:
    """What is wrong, without repeating what was sent."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    said = [f"{clean('.'.join(map(str, each['loc'])), width=80) or 'the body'}: {each['msg']}" for each in found[:5]]
    return f"the body cannot be read: {'; '.join(said)}"


def needs(wanted: Wanted, environ: Mapping[str, str]) -> str:
    """What is missing for answers to be taken; empty where nothing is, or none are wanted."""
    try:
        routes(Path(), wanted, environ=environ)
    except SettingsError as error:
        return str(error)
    return ""
