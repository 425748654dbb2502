"""Looks for the wrong programs that a check tells from the right one: one for each requirement that it decides."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .mutants import Mutant, ranked, with_content
from .reach import Reach, reach
from .shares import Shares
from .subjects import Subject
from .together import together
from .trial import Result

Try = Callable[[Mutant, bytes], Awaitable[Result]]
"""What becomes of the check on a mutant, given with the content of its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kills:
    """What was caught: ``first`` of all, and ``by`` requirement where the check decides more than one."""

    first: str = ""
    by: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    """The files of what was caught."""
    elsewhere: str = ""
    """Where nothing was caught of what the requirement names: what that is, and a place where something else was."""
    tried: int = 0
    enough: bool = False
    """False where there was nothing to try, or time ran out before all that was chosen was tried."""


@dataclass(slots=True, kw_only=True)
class Search:
    """One check and the files it may be tried on. What was tried for one requirement is not tried again for another."""

    attempt: Try
    side_by_side: int
    late: Callable[[], bool]
    most: int
    _caught: dict[Mutant, bool] = field(default_factory=dict)
    _stopped: bool = False

    async def of(
        self, subject: Subject, files: Mapping[str, bytes], *, manifest: str, changed: Mapping[str, frozenset[int]]
    ) -> Kills:
        """What the check catches; ``manifest`` is the text of pyproject.toml, ``changed`` are lines by path."""
        if len(subject.requirements) > 1:
            return await self._shared(subject, files, manifest=manifest, changed=changed)
        text = "\n".join(subject.texts.values())
        every = await asyncio.to_thread(lambda: [*ranked(files, named=subject.names(manifest), changed=changed)])
        about = await asyncio.to_thread(reach, text, files, manifest=manifest)
        own = every if about is None else [mutant for mutant in every if about.holds(mutant)]
        found = await self._first(with_content(files, own, most=self.most))
        elsewhere = ""
        if found is None and about is not None:
            elsewhere = await self._elsewhere(about, files, (mutant for mutant in every if not about.holds(mutant)))
        return Kills(
            first=str(found) if found is not None else "",
            paths=(found.path,) if found is not None else (),
            elsewhere=elsewhere,
            tried=len(self._caught),
            enough=self._enough,
        )

    async def _elsewhere(self, about: Reach, files: Mapping[str, bytes], others: Iterable[Mutant]) -> str:
        """What the check catches although its requirement does not speak of it; empty where that is nothing."""
        found = await self._first(with_content(files, others, most=self.most))
        if found is None:
            return ""
        scope = f" in `{found.edit.scope}`" if found.edit.scope else ""
        return f"{', '.join(f'`{name}`' for name in about.named)}, only {found.path}:{found.edit.line}{scope}"

    async def _shared(
        self, subject: Subject, files: Mapping[str, bytes], *, manifest: str, changed: Mapping[str, frozenset[int]]
    ) -> Kills:
        shares = await asyncio.to_thread(
            Shares.of,
            files,
            texts=subject.texts,
            behind=subject.behind,
            check=subject.own_names(manifest),
            changed=changed,
        )
        taken: dict[str, Mutant] = {}
        for item in subject.requirements:
            wanted = await asyncio.to_thread(shares.mutants, item, taken=tuple(taken.values()))
            found = await self._first(with_content(files, wanted, most=self.most))
            if found is not None:
                taken[item] = found
        return Kills(
            first=next(map(str, taken.values()), ""),
            by={item: str(mutant) for item, mutant in taken.items()},
            paths=tuple(dict.fromkeys(mutant.path for mutant in taken.values())),
            tried=len(self._caught),
            enough=self._enough,
        )

    @property
    def _enough(self) -> bool:
        return bool(self._caught) and not self._stopped

    async def _first(self, chosen: Sequence[tuple[Mutant, bytes]]) -> Mutant | None:
        """The first in their order that the check fails on by an assertion; None also where time ran out."""
        for start in range(0, len(chosen), self.side_by_side):
            if self.late():
                self._stopped = True
                return None
            some = chosen[start : start + self.side_by_side]
            results = await together(self._once(*each) for each in some)
            for (mutant, content), caught in zip(some, results, strict=True):
                # Twice, because a check that fails now and then by itself would seem to catch what it does not.
                self._caught[mutant] = caught and await self.attempt(mutant, content) == "failed"
                if self._caught[mutant]:
                    return mutant
        return None

    async def _once(self, mutant: Mutant, content: bytes) -> bool:
        known = self._caught.get(mutant)
        return known if known is not None else await self.attempt(mutant, content) == "failed"
