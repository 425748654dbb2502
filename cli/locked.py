"""The lock beside a spec, as far as a command needs it."""

from collections.abc import Collection
from pathlib import Path

from ..orchestrator.errors import SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..specs.lock import Lock

_AGAIN = "take the file from another commit, or remove it and run `agentctl verify` on the spec"
"""What to do about a lock that cannot be read, as `read_lock` says it of other damage."""


def lock_beside(spec: str) -> "Lock | None":
    """The lock of a spec's file; None where there is none, as before its first run.

    Raises:
        SpecError: it cannot be read; says what to do.
    """
    file = str(Path(spec).resolve())
    if not Path(f"{file.removesuffix('.md')}.lock").is_file():  # as `lock_path`, which most specs need not wait for
        return None
    from ..specs.lock import LockError, lock_path, read_lock

    path = Path(lock_path(file))
    try:
        return read_lock(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{path}: line {line}: this is not UTF-8: {_AGAIN}.") from error
    except (LockError, OSError) as error:
        raise SpecError(f"{path}: {error}") from error


def past_ids(spec: str, text: str) -> Collection[str]:
    """Ids that a spec had once and that its text has no more: they are never given again. ``-`` has no past.

    Raises:
        SpecError: the lock cannot be read; says what to do.
    """
    from ..specs.parse import parse

    lock = lock_beside(spec) if spec != "-" else None
    if lock is None:
        return ()
    written = {item.id for item in parse(text, name=spec).items.values() if not item.temporary}
    return {*lock.tombstones, *(item_id for item_id, item in lock.items.items() if not item.counted)} - written
