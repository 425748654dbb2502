"""A file of a commit, for who has no event loop. Reads one object."""

from .names import object_id
from .repository import Repository

_REGULAR = (b"100644", b"100755")


def content_at(repository: Repository, commit: str, path: str) -> bytes | None:
    """The content of a regular file at a commit; None where there is none.

    Raises:
        GitError: the commit is not here.
    """
    place = ("-z", "--full-tree", "--end-of-options", object_id(commit), "--", path)
    mode, _, rest = repository.door.run("ls-tree", *place).output.partition(b" ")
    if mode not in _REGULAR:
        return None
    blob = object_id(rest.split(b" ", 1)[1].partition(b"\t")[0].decode("ascii"))
    return repository.door.run("cat-file", "blob", blob).output
