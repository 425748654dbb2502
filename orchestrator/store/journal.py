"""The call journal: every model request, what it was allowed to cost, and what came back. The only writer of calls.db.

A call is durable as ``started`` before it is sent and as ``done`` before anyone acts on its reply, so nothing is paid
twice after a crash and a run can be replayed. A row that stayed ``started`` when its process died may have cost
anything up to its reservation, and counts as that: it becomes ``lost``. A call that is started again keeps what its
earlier sends cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from ..errors import RunStateError
from ..faults import reach
from ..nouns.keys import AttemptKey, CallKey
from ..refused_by_sqlite import translated
from .bodies import Bodies
from .database import Fence, open_database, transaction
from .migrations import CALLS_STEPS

if TYPE_CHECKING:
    from ..ports import Clock

CallState = Literal["started", "done", "failed", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A row of the journal."""

    key: CallKey
    digest: str
    """Of the request as it was sent; the caller's."""
    state: CallState
    tier: str
    model: str
    sends: int
    """How often it was started; above 1 after a failure or a crash."""
    reserved_usd: float
    sunk_usd: float
    """What earlier sends of this call cost."""
    usd: float | None
    """What the last send cost; None while it is open, and where no price applies."""
    prompt: int
    completion: int
    cached: int
    estimated: bool
    seconds: float
    started_at: float
    done_at: float | None
    request_blob: str
    """The digest under which `Journal.blob` gives the request."""
    error: str
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The ledger: sums over the journal. ``usd`` is spent, ``reserved_usd`` may yet be; both count against a cap."""

    calls: int = 0
    in_flight: int = 0
    usd: float = 0.0
    reserved_usd: float = 0.0
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    seconds: float = 0.0


_SUMS = (
    "count(*), count(*) FILTER (WHERE state='started'), "
    "total(sunk_usd + CASE state WHEN 'lost' THEN reserved_usd ELSE coalesce(usd, 0) END), "
    "total(CASE state WHEN 'started' THEN reserved_usd END), "
    "total(prompt), total(completion), total(cached), total(seconds)"
)
_INSERT = (
    "INSERT OR REPLACE INTO calls (key, task, attempt, rollout, role, turn, step, digest, tier, model, sends, "
    "reserved_usd, sunk_usd, started_at, request_blob, state) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'started')"
)
_COLUMNS = (
    "key, digest, state, tier, model, sends, reserved_usd, sunk_usd, usd, prompt, completion, cached, estimated, "
    "seconds, started_at, done_at, request_blob, error, reply"
)


class Journal:
    """The calls of one run under ``path``, in memory where it is None.

    ``redact`` sees every string of a request, a reply, a result and an error before it is stored; not the bytes of a
    request's pictures. Opening raises RunStateError for a damaged or newer file; writing raises DiskFull, and what the
    ``fence`` raises. One process writes, any number read.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        clock: Clock,
        redact: Callable[[str], str],
        readonly: bool = False,
        fence: Fence | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._readonly = readonly
        self._fence = fence
        self._db = open_database(path, CALLS_STEPS, readonly=readonly)
        self._bodies = Bodies(self._db, redact=redact)
        self._live: set[str] = set()

    def close(self) -> None:
        """Close the file; the journal cannot be used afterwards."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, key: CallKey, *, digest: str, request: str, tier: str, model: str, reserved_usd: float) -> None:
        """Make it durable that ``request``, a JSON object, is about to be sent.

        Raises ValueError if the call is done: its reply is here, and must not be paid for again (invariant 3).
        """
        reach("call.starting")
        with self._write():
            row = self._db.execute(
                "SELECT state, sends, sunk_usd, usd, reserved_usd FROM calls WHERE key=?", (str(key),)
            ).fetchone()
            sends, sunk = _earlier(key, row)
            attempt = key.attempt
            values = (
                *(str(key), attempt.task, attempt.attempt, attempt.rollout, key.role, key.turn, key.step),
                *(digest, tier, model, sends + 1, reserved_usd, sunk, self._clock.now(), self._bodies.put(request)),
            )
            self._db.execute(_INSERT, values)
        self._live.add(str(key))
        reach("call.started")

    def done(  # noqa: PLR0913 - the columns of a reply
        self,
        key: CallKey,
        *,
        reply: str,
        model: str,
        usd: float | None,
        prompt: int,
        completion: int,
        cached: int,
        estimated: bool,
        seconds: float,
    ) -> None:
        """Make the reply, JSON or any text, durable, with what it cost; ``usd`` is None where no price applies."""
        reach("call.answered")
        self._end(
            key,
            "state='done', reply=?, model=?, usd=?, prompt=?, completion=?, cached=?, estimated=?, seconds=?, error=''",
            (self._bodies.clean(reply), model, usd, prompt, completion, cached, estimated, seconds),
        )
        reach("call.done")

    def failed(self, key: CallKey, *, error: str, usd: float) -> None:
        """End the call without a usable reply; ``usd`` counts as spent, and the call may be started again."""
        self._end(key, "state='failed', error=?, usd=?", (self._bodies.clean_text(error), usd))
        reach("call.failed")

    def settle_interrupted(self) -> tuple[CallKey, ...]:
        """Mark as ``lost`` the calls that a dead process left ``started``, and say which; part of every start.

        To be called by the driver, which holds the run's lock. A lost call counts as spent at its reservation.
        """
        with self._write():
            rows = self._db.execute("SELECT key FROM calls WHERE state='started' ORDER BY rowid").fetchall()
            lost = [key for (key,) in rows if key not in self._live]
            self._db.executemany("UPDATE calls SET state='lost' WHERE key=?", [(key,) for key in lost])
        return tuple(map(CallKey.parse, lost))

    def call(self, key: CallKey) -> Call | None:
        """The row of that call, if it was ever started."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM calls WHERE key=?", str(key))  # noqa: S608 - constant columns
        return _call(rows[0]) if rows else None

    def calls(self) -> tuple[Call, ...]:
        """Every call, in the order of their last start."""
        return tuple(map(_call, self._rows(f"SELECT {_COLUMNS} FROM calls ORDER BY rowid")))  # noqa: S608 - as above

    def blob(self, digest: str) -> str:
        """A stored request as compact JSON, equal to what was given but for its secrets."""
        with translated(self._path):
            return self._bodies.text(digest)

    def totals(self, *, task: str | None = None) -> Totals:
        """The ledger of one task or of the run.

        A ``started`` call is in flight and reserved; a ``lost`` one is spent at its reservation. So what counts against
        a cap, ``usd + reserved_usd``, is the same before and after `settle_interrupted`.
        """
        (row,) = self._rows(f"SELECT {_SUMS} FROM calls WHERE ?1 IS NULL OR task=?1", task)  # noqa: S608 - a constant
        return _totals(row)

    def by_task(self) -> dict[str, Totals]:
        """The ledger of each task that has made a call."""
        rows = self._rows(f"SELECT task, {_SUMS} FROM calls GROUP BY task")  # noqa: S608 - a constant
        return {task: _totals(sums) for task, *sums in rows}

    def version(self) -> int:
        """A number that changes when another process has written."""
        ((number,),) = self._rows("PRAGMA data_version")
        return int(number)

    def set_result(self, key: AttemptKey, turn: int, call: str, text: str) -> None:
        """Keep what the tool call ``call`` of that turn came to; the last word counts."""
        with self._write():
            self._db.execute(
                "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET text=excluded.text",
                (key.task, key.attempt, key.rollout, turn, call, self._bodies.clean_text(text)),
            )
        reach("result.stored")

    def results(self, key: AttemptKey, turn: int) -> dict[str, str]:
        """Results of that turn by the ids of their tool calls, in the order of their first arrival."""
        query = "SELECT call, text FROM results WHERE task=? AND attempt=? AND rollout=? AND turn=? ORDER BY rowid"
        return dict(self._rows(query, key.task, key.attempt, key.rollout, turn))

    def _end(self, key: CallKey, assignments: str, values: tuple[object, ...]) -> None:
        with self._write():
            changed = self._db.execute(
                f"UPDATE calls SET {assignments}, done_at=? WHERE key=? AND state='started'",  # noqa: S608 - literals
                (*values, self._clock.now(), str(key)),
            ).rowcount
            if not changed:
                raise ValueError(f"call {key} is not open: it was never started, or has ended already")
        self._live.discard(str(key))

    @contextmanager
    def _write(self) -> Iterator[None]:
        if self._readonly:
            raise RunStateError(f"{self._path} was opened for reading only")
        with translated(self._path), transaction(self._db, self._fence):
            yield

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with translated(self._path):
            return self._db.execute(query, values).fetchall()


def _earlier(key: CallKey, row: tuple[Any, ...] | None) -> tuple[int, float]:
    """Sends before this one, and what they cost; an open or lost one counts at its reservation."""
    if row is None:
        return 0, 0.0
    state, sends, sunk, usd, reserved = row
    if state == "done":
        raise ValueError(f"call {key} is done: read its reply from the journal instead of sending it again")
    return sends, sunk + (usd or 0.0 if state == "failed" else reserved)


def _totals(row: Sequence[Any]) -> Totals:
    """The sums of `_SUMS`, in their order."""
    calls, in_flight, usd, reserved, prompt, completion, cached, seconds = row
    return Totals(
        calls=calls,
        in_flight=in_flight,
        usd=usd,
        reserved_usd=reserved,
        prompt=int(prompt),
        completion=int(completion),
        cached=int(cached),
        seconds=seconds,
    )


def _call(row: tuple[Any, ...]) -> Call:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Call(**{**values, "key": CallKey.parse(values["key"]), "estimated": bool(values["estimated"])})
