"""Commits made anew on another commit, without a checkout. Moves no ref."""

from dataclasses import dataclass

from .names import object_id
from .repository import Repository

_FORMAT = "--format=%an <%ae>%x00%at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of it: the last commit, which is ``onto`` where that held everything; or the paths in the way."""

    head: str
    conflicts: tuple[str, ...] = ()


async def replayed(repository: Repository, *, since: str, tip: str, onto: str) -> Replayed:
    """The commits after ``since`` up to ``tip`` on ``onto``, each with its message, author and time.

    What ``onto`` holds already is left out. Doing it twice gives the same commits, unless they are signed.
    """
    head = object_id(onto)
    before = await repository.tree_of(since)
    for commit, message in await repository.log(since=since, tip=tip):
        tree, ours = await repository.tree_of(commit), await repository.tree_of(head)
        merged = await repository.merge(base=before, ours=ours, theirs=tree)
        if merged.tree is None:
            return Replayed(head=onto, conflicts=merged.conflicts)
        if merged.tree != ours:
            author, at = await _written(repository, commit)
            head = await repository.commit(tree=merged.tree, parents=[head], message=message, at=at, author=author)
        before = tree
    return Replayed(head=head)


async def _written(repository: Repository, commit: str) -> tuple[str, float]:
    answer = await repository.door.call("rev-list", "--no-walk", _FORMAT, "--end-of-options", object_id(commit))
    author, _, at = answer.output.decode("utf-8", "replace").strip().rpartition("\n")[2].partition("\0")
    return author, float(at)
