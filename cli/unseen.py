"""What neither a run's tables nor its models get to read: secrets, and what stands in files that the policy hides."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from ..agents.models.port import Request
from ..agents.withholding import less
from ..orchestrator.nouns.runs import Run
from ..orchestrator.ports import Git
from ..orchestrator.rules.hiding import Withheld, without
from ..orchestrator.rules.redact import redact, secrets_of
from ..orchestrator.store.folder import RunFolder
from ..orchestrator.veil import contents_withheld


def redactor() -> Callable[[str], str]:
    """Takes secrets out of texts, those of this environment among them."""
    return partial(redact, secrets=secrets_of(os.environ))


@dataclass(slots=True, kw_only=True)
class Unseen:
    """What one run keeps out of texts; of hidden files nothing is known before `look`."""

    _known: Withheld = field(default_factory=Withheld)
    _redact: Callable[[str], str] = field(default_factory=redactor)

    async def look(self, run: Run, folder: RunFolder, git: Git, *, base: str) -> None:
        """Read the hidden files of what the run stands on, ``base``; what the spec says itself may be said."""
        spec = folder.spec.read_text(encoding="utf-8", errors="replace")
        hidden = run.settings.never_send
        self._known = await contents_withheld(git, await git.tree_of(base), hidden, also=[spec])

    def clean(self, text: str) -> str:
        """The text as it may be kept."""
        return without(self._redact(text), self._known)

    @property
    def withhold(self) -> Callable[[Request], Request]:
        """Takes secrets, and what is hidden, out of a request before it is sent."""
        return partial(less, clean=self.clean)
