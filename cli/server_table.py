"""``[mcp.NAME]`` of the settings: a server of tools for workers, validated."""

from collections.abc import Mapping
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..orchestrator.nouns.servers import ToolServer

MCP = "mcp"
"""The table of tables whose names are those of servers."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_Several = Annotated[tuple[str, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,23}$")]


class ServerTable(BaseModel):
    """One server: a command or an address, and who may use what of it."""

    model_config = ConfigDict(extra="forbid")

    command: _Several = ()
    url: str = ""
    teams: _Several = ()
    tools: _Several = ()
    trusted: bool = False
    env: _Several = ()
    read: _Several = ()
    token_env: str = ""
    seconds: float = Field(default=60.0, gt=0, le=600)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError('name either `command = ["program", "--flag"]` or `url = "https://..."`')
        if self.url:
            self._reachable()
        elif self.token_env:
            raise ValueError("`token_env` is for a `url`; a command gets variables by `env`")
        elif self.trusted and self.read:
            raise ValueError("`read` is for the sandbox, and a trusted command runs outside it")
        return self

    def _reachable(self) -> None:
        address = urlsplit(self.url)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
            raise ValueError("`url` must begin with https://, or with http:// on this machine")
        if address.username or address.password:
            raise ValueError("leave secrets out of `url`: `token_env` names the variable that holds a token")
        if self.trusted or self.env or self.read:
            raise ValueError("`trusted`, `env` and `read` are for a `command`")


def servers(tables: Mapping[str, ServerTable]) -> tuple[ToolServer, ...]:
    """The servers in the order of their names."""
    return tuple(ToolServer(name=name, **dict(tables[name])) for name in sorted(tables))
