"""As whom we speak, and what each way to log in cannot do, in words for a person."""

from collections.abc import Mapping

from ...errors import ForgeRefused
from ...nouns.forge import Account, Login, Way
from .client import Client
from .place import read
from .queries import VIEWER
from .refusals import Refused
from .shapes import UserShape

_ACTIONS_BOT = Account(login="github-actions[bot]", bot=True)
_YOURSELF = (
    "you cannot approve a pull request that was opened under your own name: somebody else has to",
    "check runs are made by Apps alone: commit statuses take their place, and what they say of lines goes to a comment",
)
_WORKFLOW = (
    "GitHub starts no workflows for what the token of a workflow pushes or opens: an App's login does better",
    "the token of a workflow ends with its job",
    "it opens pull requests only where the settings of the repository allow that to GitHub Actions",
)
_MINTED = "the token of an App ends within an hour of its making"
_FINE = "github_pat_"
_BOT = "[bot]"


async def login_of_token(client: Client, way: Way, *, token: str) -> Login:
    """Who a token belongs to.

    Raises:
        ForgeRefused: GitHub does not take it.
    """
    if way == "action":
        return await _login_of_installation(client)
    answer = await client.look("/user")
    if answer is None:
        raise ForgeRefused("The token belongs to nobody: make one of a person, or of an App.")
    account = read(UserShape, answer.body).noun()
    cannot = (*_YOURSELF, *_without_scopes(answer.headers), *_narrow(token))
    return Login(account=account, way=way, cannot=cannot)


async def login_of_app(app: Client, lacking: tuple[str, ...]) -> Login:
    """An App speaks as a bot that is named after it."""
    answer = await app.look("/app")
    found = answer.body if answer is not None and isinstance(answer.body, Mapping) else {}
    cannot = tuple(f"the installation lacks `{each}`: an owner can accept it in its settings" for each in lacking)
    return Login(account=Account(login=f"{found.get('slug')}[bot]", bot=True), way="app", cannot=cannot)


async def _login_of_installation(client: Client) -> Login:
    """A workflow's own token, or one that a workflow had an App mint: what we write is found again by its author."""
    try:
        viewer = (await client.ask(VIEWER, {}, what="say whose token this is")).get("viewer")
    except Refused:
        viewer = None
    name = str(viewer.get("login") or "") if isinstance(viewer, Mapping) else ""
    account = Account(login=f"{name.removesuffix(_BOT)}{_BOT}", bot=True) if name else _ACTIONS_BOT
    if account == _ACTIONS_BOT:
        return Login(account=account, way="action", cannot=_WORKFLOW)
    return Login(account=account, way="app", cannot=(_MINTED,))


def _without_scopes(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What a classic token lacks; of others GitHub sends no scopes."""
    if "x-oauth-scopes" not in headers:
        return ()
    scopes = {each.strip() for each in headers["x-oauth-scopes"].split(",")}
    lacks = []
    if "repo" not in scopes:
        public = "public_repo" in scopes
        lacks.append(
            "the token lacks the scope `repo`: it reaches public repositories alone"
            if public
            else "the token lacks the scope `repo`: it cannot push or open pull requests"
        )
    if "workflow" not in scopes:
        lacks.append("the token lacks the scope `workflow`: it cannot push changes under .github/workflows")
    return tuple(lacks)


def _narrow(token: str) -> tuple[str, ...]:
    if not token.startswith(_FINE):
        return ()
    return (
        "what a fine-grained token may do is not told beforehand: a permission that it lacks is named when it is met",
    )
