"""What a spec allows beforehand (`allow:` in its front matter), held against what a task handed back.

A manifest whose change does no more than the named packages ask for is let through, whoever owns it; a guarded path
that is named may be changed by a task that owns it. What the spec forbids stays forbidden, and so do locked tests.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .ports import Git, Job, TreeEntry
from .rules.dependency_changes import beyond, is_compared
from .rules.globs import covers, may_overlap
from .rules.tree_policy import REGULAR, shown

Changes = Mapping[str, TreeEntry | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A change, sorted by what was allowed: ``rest`` is for the tree policy, of which ``guarded`` is still guarded."""

    rest: Changes
    guarded: tuple[str, ...]
    beyond: Mapping[str, str]
    """Manifests that change more than the named packages, and what."""

    def explained(self, wrong: Sequence[str], packages: Collection[str]) -> tuple[str, ...]:
        """The words of the tree policy, with what would have been allowed where that was nearly so."""
        return tuple(self._explained(each, ", ".join(packages)) for each in wrong)

    def _explained(self, words: str, packages: str) -> str:
        for path, reason in self.beyond.items():
            if words.startswith(f"{shown(path)} "):
                return f"{words}; the spec allows to add or bump {packages} in it, but the change {reason}"
        return words


async def allowance(job: Job, changed: Changes, *, base: Mapping[str, TreeEntry], git: Git) -> Allowance:
    """Sort a task's change; without ``allow`` in the spec all of it is for the tree policy."""
    passed: set[str] = set()
    reasons: dict[str, str] = {}
    for path, entry in changed.items() if job.spec.allow_deps else ():
        was = base.get(path)
        if entry is None or was is None or not is_compared(path) or _forbidden(path, job.spec.forbid):
            continue
        if entry.mode != was.mode or entry.mode not in REGULAR:
            continue
        contents = await git.read_many([was.id, entry.id])
        reason = beyond(path, contents[was.id], contents[entry.id], allowed=job.spec.allow_deps)
        if reason:
            reasons[path] = reason
        else:
            passed.add(path)
    rest = {path: entry for path, entry in changed.items() if path not in passed}
    guarded = tuple(path for path in rest if not any(covers(glob, path) for glob in job.spec.allow_paths))
    return Allowance(rest=rest, guarded=guarded, beyond=reasons)


def _forbidden(path: str, forbid: Sequence[str]) -> bool:
    return any(may_overlap(glob, path) for glob in forbid)
