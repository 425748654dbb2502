import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.forge.github.adapter import GitHub
from agentctl.orchestrator.forge.github.client import Client
from agentctl.orchestrator.forge.github.keys import TokenKey
from agentctl.orchestrator.forge.github.limits import Pace
from agentctl.orchestrator.nouns.forge import Account, Login, RepoName, Way
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .hub import Hub, JumpingClock

REPO = RepoName(owner="acme", name="shed")


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", hub.answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hub.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield hub
    await runner.cleanup()


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


Forges = Callable[..., GitHub]


@pytest.fixture
async def forge_as(hub: Hub, clock: JumpingClock) -> AsyncIterator[Forges]:
    """Makes the repository acme/shed as some login reaches it."""
    made: list[GitHub] = []

    def make(me: str = "bot", way: Way = "token", token: str = "ghp_" + "s3cret" * 6) -> GitHub:
        key = TokenKey(token, way)
        client = Client(api=hub.address, key=key, pace=Pace(clock), clock=clock, chance=random.Random(1))
        speaker = Login(account=Account(login=me, bot=me.endswith("[bot]")), way=way)
        made.append(GitHub(repo=REPO, client=client, speaker=speaker, key=key, git="https://github.com", clock=clock))
        return made[-1]

    yield make
    for each in made:
        await each.close_connection()


@pytest.fixture
def github(forge_as: Forges) -> GitHub:
    return forge_as()


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path_factory.mktemp("keys") / "app.pem"
    form = serialization.PrivateFormat.TraditionalOpenSSL
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return path
