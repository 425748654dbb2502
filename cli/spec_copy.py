"""The run's own copy of its spec: what was read when it began, and every sentence that a person added since.

The file in the run's folder stays what was read, and the author's own file is never written: what was added is in the
run's tables, and comes to the same text for whoever asks.
"""

from dataclasses import replace

from ..orchestrator.errors import SpecError
from ..orchestrator.lineage import Lineage
from ..orchestrator.nouns.plan import SpecView
from ..orchestrator.ports import Store
from ..orchestrator.run_view import SPEC_NAME
from ..orchestrator.spec_view import spec_view
from ..orchestrator.store.folder import RunFolder
from ..specs.anchor import anchored
from ..specs.nouns import Spec
from ..specs.parse import parse
from ..specs.proposals import ProposalRefused, with_requirement


def texts(folder: RunFolder, store: Store) -> tuple[str, ...]:
    """The spec as it was read, and after each sentence that was added; the last one is what holds.

    Raises SpecError where a sentence cannot be added to what is in the folder, which somebody has changed.
    """
    found = [folder.spec.read_text(encoding="utf-8", errors="replace")]
    for each in store.hands().amendments:
        try:
            found.append(with_requirement(found[-1], each.text, named=each.requirement))
        except ProposalRefused as refused:
            raise SpecError(f"{folder.spec} is not what run {folder.run} began with: {refused}") from refused
    return tuple(found)


def text_of(folder: RunFolder, store: Store) -> str:
    """The spec as it holds."""
    return texts(folder, store)[-1]


def read(folder: RunFolder, store: Store) -> Spec:
    """The spec as it holds, under the name that its file had."""
    return _parsed(text_of(folder, store), store)


def view_of_copy(folder: RunFolder, store: Store, *, before: Lineage | None) -> SpecView:
    """What the orchestrator needs of it, and of what it said before each sentence that was added."""

    def view(text: str) -> SpecView:
        spec = _parsed(text, store)
        return spec_view(anchored(spec, before.lock) if before is not None else spec)

    *old, now = map(view, texts(folder, store))
    return replace(now, before=tuple(old))


def _parsed(text: str, store: Store) -> Spec:
    return parse(text, name=store.choice(SPEC_NAME) or store.run().spec_id)
