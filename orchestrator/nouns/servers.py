"""MCP servers a run may use, as its settings name them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolServer:
    """A server of tools for workers: a command that is started here, or an address."""

    name: str
    """The first part of its tools' names: ``NAME__tool``."""
    command: tuple[str, ...] = ()
    url: str = ""
    teams: tuple[str, ...] = ()
    """Whose workers may use it; empty for all."""
    tools: tuple[str, ...] = ()
    """Which of its tools, by their own names; empty for all."""
    trusted: bool = False
    """A command is started outside the sandbox, with the user's rights and the network."""
    env: tuple[str, ...] = ()
    """Variables a command may have."""
    read: tuple[str, ...] = ()
    """Files and folders a command may read in the sandbox, at their own paths."""
    token_env: str = ""
    """The variable that holds the bearer token for ``url``."""
    seconds: float = 60.0
    """How long one call may take."""
