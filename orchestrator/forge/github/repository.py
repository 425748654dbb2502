"""A repository on GitHub: branches, files, and who may do what."""

import base64
from binascii import Error as NotBase64
from collections.abc import Mapping

from ...errors import ForgeRefused
from ...nouns.forge import PERMISSIONS, Access, Permission
from .asking import Answer, Json
from .keys import InstallationKey, TokenKey
from .place import Place

OURS = "agentctl/"
"""How the branches begin that we may delete."""


class Repository(Place):
    """The part of the port about the repository itself."""

    _key: TokenKey | InstallationKey
    _git: str

    async def access(self) -> Access:
        """An App's token holds for an hour at most, and for this repository alone."""
        token = self._key.token if isinstance(self._key, TokenKey) else await self._key.token()
        return Access(url=f"{self._git}/{self._repo}.git", token=token)

    async def default_branch(self) -> str:
        """As GitHub has it now."""
        found = await self._settings()
        return str(found.get("default_branch") or "main")

    async def branch(self, name: str) -> str | None:
        """By git's own refs: branches of this name, not those that begin like it."""
        answer = await self._client.look(self._at("git", "ref", f"heads/{name}"))
        found = answer.body if answer is not None else None
        target = found.get("object") if isinstance(found, Mapping) else None
        return str(target.get("sha")) if isinstance(target, Mapping) else None

    async def read(self, path: str, *, ref: str) -> str | None:
        """None for what is no file, and for what is no text."""
        answer = await self._client.look(self._at("contents", path), {"ref": ref})
        found = answer.body if answer is not None else None
        if not isinstance(found, Mapping) or found.get("type") != "file":
            return None
        if found.get("encoding") != "base64":  # GitHub leaves out what is longer than a megabyte
            blob = await self._client.look(self._at("git", "blobs", found.get("sha")))
            found = blob.body if blob is not None else None
        return _text(found)

    async def permission(self, login: str) -> Permission:
        """Asked each time, past our own memory of answers too."""
        answer = await self._client.look(self._at("collaborators", login, "permission"), known=False)
        found = answer.body if answer is not None else None
        if not isinstance(found, Mapping):
            return "none"
        for key in ("role_name", "permission"):  # a role may be one of the organisation's own
            if (name := found.get(key)) in PERMISSIONS:
                return PERMISSIONS[PERMISSIONS.index(name)]
        return "none"

    async def _settings(self) -> Json:
        """The repository as a whole."""
        answer: Answer | None = await self._client.look(self._at())
        if answer is None or not isinstance(answer.body, Mapping):
            raise ForgeRefused(f"There is no repository {self._repo}, or this login may not see it: look at its name.")
        return answer.body


def _text(found: object) -> str | None:
    content = found.get("content") if isinstance(found, Mapping) else None
    try:
        return base64.b64decode(str(content)).decode("utf-8") if content is not None else None
    except (NotBase64, UnicodeDecodeError):
        return None
