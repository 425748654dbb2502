"""What the tests need beside the tree, as the settings name it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A database, a queue and the like: started for each run of the gate inside its sandbox, and gone with it."""

    name: str
    command: tuple[str, ...]
    port: int
    """Of the sandbox's own loopback, so that every workspace may have the same."""
    ready: tuple[str, ...] = ()
    """A command that ends with 0 once the service can be used; where there is none, its port takes a connection."""
    env: dict[str, str] = field(default_factory=dict)
    """Variables by which the tests find it."""
    seconds: float = 30.0
    """How long it may take until it can be used."""
