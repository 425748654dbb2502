"""What a repository allows the bot and its runs: committed, read from the base branch, only ever tightened."""

from dataclasses import dataclass

from .forge import MergeMethod, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """``[policy]`` of agentctl.toml. The defaults are what holds where nothing is said."""

    may_start: Permission = "write"
    """The least permission with which somebody commands the bot; never below ``write``."""
    people: tuple[str, ...] = ()
    """Logins that may; empty for everyone with that permission."""
    label: str = ""
    """A label that starts a run when somebody who may start one puts it on; empty for none."""
    usd_per_run: float | None = None
    usd_per_person_day: float | None = None
    runs_per_person_day: int | None = None
    runs_at_once: int = 2
    max_open_prs: int = 5
    """How many pull requests of ours may be open in the repository at once."""
    review_minutes: float = 30.0
    """How long a pull request may take to read; 0 for no limit."""
    draft_until: str = ""
    """An hour such as ``09:00`` until which pull requests stay drafts; empty: until they are judged."""
    repairs: int = 2
    """How often a red check of the repository's own CI is repaired before a person is asked."""
    merge: MergeMethod | None = None
    """How the bot merges what is approved and green; None, and it never merges."""
    providers: tuple[str, ...] = ()
    """Providers whose models may be asked; empty for all."""
    never_send: tuple[str, ...] = ()
    """Globs of files that no model is ever shown."""
    autonomy: str = ""
    """The most that is decided without a person: ``ask-always``, ``ask-blocking``, ``never``; empty for no limit."""
    follow_forks: bool = False
    """Whether a pull request from a fork may hold a spec; its code is never run either way."""
