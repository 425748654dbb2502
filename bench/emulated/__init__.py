"""An emulated GitHub on loopback, with real git: emulate (npm) for what it keeps, a front for what it lacks.

`emulated` starts it, in a thread of its own, and gives a `Hub`. emulate 0.12.2 keeps issues, pull requests, comments,
reviews, labels, check runs, protections, Apps and their tokens, and sends webhooks. What the front puts right:

- *Git.* emulate's branches are its own and files of pull requests are made up. Here branches are those of a bare
  repository behind `git http-backend` (``Basic x-access-token:TOKEN``); heads, bases, ``mergeable``, files, commits,
  comparisons, contents and refs are asked of it, a merge is done in it (merge, squash, rebase; 405 on conflict, 409
  where the head moved, 422 to 405), and a push tells ``push`` and ``synchronize``, closes the pull requests of a branch
  that goes, and ends those whose head it brings into their base. The API for trees, blobs and tags answers 501.
- *Not there at all*: pull requests among the issues, comments and events of the whole repository, statuses, reactions,
  ``POST comments/ID/replies`` and ``in_reply_to``, lines in the remarks of a review, logs of jobs, rules, and GraphQL:
  drafts, the merge queue and a branch's rule are answered, everything else is refused.
- *Said otherwise*: moments in milliseconds; a new comment that seems edited; ``permission`` by its older names, and 404
  for who may only read what is public; check runs without their App, listed only for commits that emulate made;
  drafts changed by ``PATCH``; approving one's own; no ``ETag``.
- *Webhooks* go through the front, which gives them a GUID (emulate gives the clock's milliseconds), puts them right as
  answers, signs them and sends them once, in order: ``Hub.outbox``. Missing were ``push`` and ``synchronize`` by git,
  ``status``, ``ready_for_review``, ``converted_to_draft``, another base, remarks of a review, the merge queue's, and
  ``completed`` of a check that is made at its end; labels of pull requests were told of as those of issues.

Not emulated: private repositories, teams of organizations beyond membership, signatures, CODEOWNERS, deployments, and
that ``mergeable`` is found out only later (null is answered once, to who opens).
"""

import asyncio
import contextlib
import secrets
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from .faults import Fault
from .front import HOOKS, Asked, Front
from .hub import App, Hub, Person, Refused
from .outbox import Outbox, Sent
from .service import Installed, free_port, installed, made_key, running
from .world import World

__all__ = ["App", "Asked", "Fault", "Hub", "Person", "Refused", "Sent", "emulated", "installed"]

_ROLES = {"read": "pull", "triage": "triage", "write": "push", "maintain": "maintain", "admin": "admin"}
_MAY: Mapping[str, str] = {
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
}
_LARGEST = 64 << 20


@dataclass(slots=True)
class _Told:
    """What the thread of the forge and who started it tell each other."""

    found: Hub | BaseException = field(default_factory=lambda: RuntimeError("the emulated forge does not start"))
    up: threading.Event = field(default_factory=threading.Event)
    end: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def emulated(
    folder: Path,
    *,
    people: Mapping[str, str],
    files: Mapping[str, str],
    repo: str = "acme/shed",
    door: str = "",
    permissions: Mapping[str, str] | None = None,
) -> Iterator[Hub]:
    """Run a forge with one repository until the block ends.

    Args:
        folder: an empty one of its own.
        people: logins with their permissions (``read`` for who has none); ``root`` and ``ci`` are there anyway.
        files: what the main branch holds at first.
        repo: ``owner/name``; the owner is an organization.
        door: where webhooks go; it may be set later, in ``hub.outbox.door``.
        permissions: what the App has; everything the bot needs, where nothing is said.

    Raises RuntimeError where emulate is not there: ask `installed` before.
    """
    programs = _programs()
    folder.mkdir(parents=True, exist_ok=True)
    told = _Told()
    everyone = {**people, "root": "admin", "ci": "write"}
    world = _world(folder, everyone, repo=repo, door=door)
    world.bare.begin(main=world.main, files=files)
    life = (folder, world, programs, permissions or _MAY, told)
    thread = threading.Thread(target=_lived, args=life, name="emulated forge", daemon=True)
    thread.start()
    told.up.wait(60)
    if isinstance(told.found, BaseException):
        raise told.found
    try:
        yield told.found
    finally:
        told.end.set()
        thread.join(30)


def _programs() -> Installed:
    programs = installed()
    if isinstance(programs, str):
        raise RuntimeError(programs)  # noqa: TRY004 - not a wrong type: the sentence that says what is missing
    return programs


def _lived(folder: Path, world: World, programs: Installed, permissions: Mapping[str, str], told: _Told) -> None:
    """All that happens in the forge's own thread."""
    try:
        seed = _seed(world, key=_key(folder, programs), permissions=permissions)
        asyncio.run(_live(folder, world, programs, seed, told))
    except BaseException as error:  # noqa: BLE001 - told to who waits, in its own thread
        told.found = error
        told.up.set()


def _world(folder: Path, people: Mapping[str, str], *, repo: str, door: str) -> World:
    tokens = {f"ghp_{login}{secrets.token_hex(8)}": login for login in people}
    root = next(token for token, login in tokens.items() if login == "root")
    outbox = Outbox(secret=secrets.token_hex(16), door=door)
    outbox.quiet.set()
    return World(
        repo=repo,
        main="main",
        git_root=folder / "git",
        root=root,
        people=people,
        tokens=tokens,
        outbox=outbox,
        base=f"http://127.0.0.1:{free_port()}",
    )


def _key(folder: Path, programs: Installed) -> str:
    key = made_key(programs)
    (folder / "app.pem").write_text(key, encoding="utf-8")
    (folder / "app.pem").chmod(0o600)
    return key


async def _live(
    folder: Path,
    world: World,
    programs: Installed,
    seed: Mapping[str, Any],
    told: _Told,
) -> None:
    async with _served(world) as front, running(programs, seed, folder=folder, base=world.base) as upstream:
        world.upstream = upstream
        for login, role in world.people.items():
            said = {"permission": _ROLES.get(role, "pull")}
            await world.ask("PUT", f"/repos/{world.repo}/collaborators/{login}", said)
        sending = asyncio.create_task(world.outbox.run())
        app = App(id=7, key=folder / "app.pem", secret=world.outbox.secret)
        hub = Hub(
            api=world.base,
            git=f"{world.base}/{world.repo}.git",
            repo=world.repo,
            folder=folder,
            app=app,
            front=front,
            loop=asyncio.get_running_loop(),
            tokens={login: token for token, login in world.tokens.items()},
        )
        told.found = hub
        told.up.set()
        await asyncio.to_thread(told.end.wait)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


@contextlib.asynccontextmanager
async def _served(world: World) -> AsyncIterator[Front]:
    front = Front(world=world)
    app = web.Application(client_max_size=_LARGEST)
    app.router.add_route("*", "/{path:.*}", front.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(world.base.rpartition(":")[2])).start()
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            world.session = session
            yield front
    finally:
        await runner.cleanup()


def _seed(world: World, *, key: str, permissions: Mapping[str, str]) -> dict[str, Any]:
    owner, name = world.repo.split("/")
    app = {"app_id": 7, "slug": "agentctl", "name": "agentctl", "private_key": key, "permissions": dict(permissions)}
    app |= {"events": ["*"], "webhook_url": world.base + HOOKS, "webhook_secret": world.outbox.secret}
    app["installations"] = [{"installation_id": 100, "account": owner, "repository_selection": "all"}]
    people = [{"login": each, "name": each, "email": f"{each}@example.org"} for each in world.people]
    return {
        "tokens": {token: {"login": login, "scopes": ["repo"]} for token, login in world.tokens.items()},
        "github": {
            "users": people,
            "orgs": [{"login": owner, "members": [{"login": "root", "role": "admin"}]}],
            "repos": [{"owner": owner, "name": name, "auto_init": True}],
            "apps": [app],
        },
    }
