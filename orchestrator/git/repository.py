"""The user's repository through objects and refs only: no work tree, no index, and no ref that is not ours."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import GitError
from ..nouns.runs import CommitRules
from ..ports import Hunk, Merge, TreeEntry
from .cache import Bounded
from .commits import message_of, parse_identity, signed_off, who_and_when
from .door import Door, refused
from .hunks import HOW, parse_hunks
from .location import Location
from .names import no_object, object_id, own_ref, ref_prefix, revision
from .person import Person, person
from .trees import Listing, parse_changes, parse_listing, rebuild

_LISTED = 400_000
"""Files in all remembered listings; about 100 bytes each beyond what they share."""
_CHANGED = 100_000
"""Paths in all remembered comparisons of trees: whoever asks twice asks soon."""
_BYTES = 32_000_000
"""Of blobs remembered, so that the second workspace on a base reads nothing from git."""
_SMALL = 256_000
_BATCH = 1000
"""Blobs asked of one ``cat-file``, which bounds what is held at once."""

_MERGER = who_and_when(author=("agentctl", "merge"), committer=("agentctl", "merge"), at=0)
"""Of the commits that only carry trees into a merge; fixed, so that equal merges make equal objects."""


class Repository:
    """Satisfies the port Git.

    Args:
        location: where it is.
        door: how to ask git.
        rules: who commits, and how.
    """

    def __init__(self, location: Location, door: Door, *, rules: CommitRules | None = None) -> None:
        self.location = location
        self.door = door
        self.rules = rules or CommitRules()
        self._person: Person | None = None
        self._trees: Bounded[str, str] = Bounded(4096)
        self._listings: Bounded[str, Listing] = Bounded(_LISTED)
        self._blobs: Bounded[str, bytes] = Bounded(_BYTES)
        self._carriers: Bounded[tuple[str, str], str] = Bounded(1024)
        self._changes: Bounded[tuple[str, str], Mapping[str, TreeEntry | None]] = Bounded(_CHANGED)

    async def resolve(self, revision_: str) -> str | None:
        """The commit (or other object) a branch, a tag, an id, or ``HEAD~2`` means; None where it means nothing."""
        name = revision(revision_)
        if name is None:
            return None
        question = ("--verify", "--quiet", "--end-of-options", name + "^{}")
        answer = await self.door.call("rev-parse", *question, accept=(0, 1, 128))
        return object_id(_line(answer.output)) if answer.status == 0 else None

    async def tree_of(self, commit: str) -> str:
        """The tree of a commit, or of a tree itself."""
        known = self._trees.find(object_id(commit))
        if known is not None:
            return known
        answer = await self.door.call("rev-parse", "--verify", "--end-of-options", commit + "^{tree}")
        return self._trees.keep(commit, object_id(_line(answer.output)))

    async def entries(self, tree: str) -> Mapping[str, TreeEntry]:
        """Every file of a tree by its path; bytes of a name that are not UTF-8 come as surrogates."""
        return (await self._listing(tree)).files

    async def read(self, blob: str) -> bytes:
        """The content of one blob."""
        return (await self.read_many([blob]))[blob]

    async def read_many(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """The contents of blobs, by id."""
        found: dict[str, bytes] = {}
        missing: list[str] = []
        for blob in dict.fromkeys(blobs):
            content = self._blobs.find(object_id(blob))
            if content is None:
                missing.append(blob)
            else:
                found[blob] = content
        for start in range(0, len(missing), _BATCH):
            wanted = missing[start : start + _BATCH]
            answer = await self.door.call("cat-file", "--batch", stdin="".join(f"{b}\n" for b in wanted).encode())
            for blob, content in _objects(answer.output, wanted, kind="blob").items():
                found[blob] = content
                self._remember(blob, content)
        return found

    async def write(self, content: bytes) -> str:
        """Store a blob; returns its id."""
        answer = await self.door.call("hash-object", "-w", "-t", "blob", "--no-filters", "--stdin", stdin=content)
        blob = object_id(_line(answer.output))
        self._remember(blob, content)
        return blob

    async def amend_tree(self, tree: str | None, changes: Mapping[str, TreeEntry | None]) -> str:
        """A new tree: ``tree`` (None for the empty one) with these paths set, or removed where None."""
        listing = await self._listing(tree if tree is not None else await self._empty_tree())
        if not changes:
            return listing.folders[""]
        for entry in changes.values():
            if entry is not None:
                object_id(entry.id)
        new = await self.door.aside(lambda: rebuild(listing, changes))
        answer = await self.door.call("mktree", "-z", "--batch", stdin=new.records)
        if "error:" in answer.words:  # it names trees that it could not write, and ends with 0
            raise refused("mktree", self.door.git_dir, answer)
        if tuple(answer.output.decode("ascii").split()) != new.ids:
            raise GitError("git mktree wrote other trees than it was given")
        root = new.listing.folders[""]
        self._listings.keep(root, new.listing, weight=len(new.listing.files))
        return root

    async def changed(self, old_tree: str, new_tree: str) -> Mapping[str, TreeEntry | None]:
        """Paths that differ, with what they are in the new tree; None where they are gone."""
        pair = (object_id(old_tree), object_id(new_tree))
        if old_tree == new_tree:
            return {}
        known = self._changes.find(pair)
        if known is not None:
            return known
        options = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options")
        found = parse_changes((await self.door.call("diff-tree", *options, *pair)).output)
        return self._changes.keep(pair, found, weight=len(found) + 1)

    async def diff(self, old_tree: str, new_tree: str, paths: Sequence[str] = ()) -> str:
        """A unified diff for people and models; no external drivers, no colour. ``paths`` are files or folders."""
        pair = (object_id(old_tree), object_id(new_tree))
        if old_tree == new_tree:
            return ""
        options = ("-p", "-M", "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/")
        answer = await self.door.call("diff-tree", *options, "--end-of-options", *pair, "--", *paths)
        return answer.output.decode("utf-8", "replace")

    async def merge(self, *, base: str, ours: str, theirs: str) -> Merge:
        """Three-way merge of trees: what ``theirs`` changed since ``base``, applied to ``ours``."""
        for tree in (base, ours, theirs):
            object_id(tree)
        if theirs in {base, ours}:
            return Merge(tree=ours)
        if ours == base:
            return Merge(tree=theirs)
        root = await self._carrier(base)
        sides = (await self._carrier(ours, root), await self._carrier(theirs, root))
        options = ("--write-tree", "--name-only", "--no-messages", "-z", "--end-of-options")
        answer = await self.door.call("merge-tree", *options, *sides, accept=(0, 1))
        tree, *conflicts = [part.decode("utf-8", "surrogateescape") for part in answer.output.split(b"\0") if part]
        if answer.status == 0:
            return Merge(tree=object_id(tree))
        return Merge(tree=None, conflicts=tuple(sorted(set(conflicts))))

    async def hunks(self, pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[Hunk, ...]]:
        """For each pair of blobs the lines that differ, aligned as ``merge`` aligns them."""
        if not pairs:
            return []
        sides = [await self._side([pair[side] for pair in pairs]) for side in (0, 1)]
        options = (*HOW, "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/")
        answer = await self.door.call("diff-tree", *options, "--end-of-options", *sides)
        found = await self.door.aside(lambda: parse_hunks(answer.output))
        return [found.get(str(number), ()) for number in range(len(pairs))]

    async def _side(self, blobs: Sequence[str]) -> str:
        """A tree of these blobs, which are called by their numbers."""
        files = {str(number): TreeEntry(mode="100644", id=blob) for number, blob in enumerate(blobs)}
        return await self.amend_tree(None, files)

    async def commit(self, *, tree: str, parents: Sequence[str], message: str, at: float, author: str = "") -> str:
        """A commit object with the author the repository's rules ask for, or this ``Name <address>``; no ref moves."""
        me = await self.person()
        committer = (me.name, me.address)
        said = author or self.rules.author
        writer = parse_identity(said) if said else committer
        text = signed_off(message, committer) if self.rules.sign_off else message
        signing = me.signing if self.rules.sign else {}
        door = replace(
            self.door,
            settings={**self.door.settings, **signing},
            variables={**self.door.variables, **who_and_when(author=writer, committer=committer, at=at)},
        )
        sign = ["-S"] if self.rules.sign else []
        above = [part for parent in parents for part in ("-p", object_id(parent))]
        answer = await door.call("commit-tree", *sign, *above, object_id(tree), stdin=_text(text))
        commit = object_id(_line(answer.output))
        self._trees.keep(commit, tree)
        return commit

    async def move_ref(self, ref: str, *, new: str | None, old: str | None) -> bool:
        """Compare and swap; ``old`` None means the ref must not exist, ``new`` None deletes. False if it lost."""
        name = own_ref(ref)
        for value in (new, old):
            if value is not None:
                object_id(value)
        if new is None:
            if old is None:
                return name not in await self.refs(name)
            moved = await self.door.call("update-ref", "-d", "--end-of-options", name, old, accept=(0, 1, 128))
        else:
            values = (new, old or no_object(new))
            moved = await self.door.call("update-ref", "--end-of-options", name, *values, accept=(0, 1, 128))
        if moved.status == 0:
            return True
        if (await self.refs(name)).get(name) == old:
            raise refused("update-ref", self.door.git_dir, moved)
        return False

    async def drop_refs(self, refs: Mapping[str, str]) -> None:
        """Delete refs of ours that still point where they were seen: all of them, or none.

        Raises:
            GitError: one of them has moved, or is locked.
        """
        lines = [f"delete {own_ref(ref)} {object_id(old)}\n" for ref, old in refs.items()]
        await self.door.call("update-ref", "--stdin", stdin="".join(lines).encode())

    async def refs(self, prefix: str) -> Mapping[str, str]:
        """The refs that are ``prefix`` or stand below it, with what they point at."""
        pattern = ref_prefix(prefix)
        answer = await self.door.call("for-each-ref", "--format=%(objectname) %(refname)", "--end-of-options", pattern)
        lines = answer.output.decode("utf-8", "surrogateescape").splitlines()
        return {name: value for value, _, name in (line.partition(" ") for line in lines)}

    async def log(self, *, since: str, tip: str) -> Sequence[tuple[str, str]]:
        """Commits after ``since`` up to ``tip`` by first parents, oldest first, with their full messages."""
        span = (
            "--first-parent",
            "--reverse",
            "--topo-order",
            "--end-of-options",
            object_id(tip),
            "^" + object_id(since),
        )
        commits = (await self.door.call("rev-list", *span)).output.decode("ascii").split()
        if not commits:
            return []
        answer = await self.door.call("cat-file", "--batch", stdin="".join(f"{c}\n" for c in commits).encode())
        found = _objects(answer.output, commits, kind="commit")
        return [(commit, message_of(found[commit])) for commit in commits]

    async def reaches(self, *, tip: str, commit: str) -> bool:
        """Whether a commit is part of what ``tip`` stands on; false for one that is not here at all."""
        question = ("--max-count=1", "--end-of-options", object_id(commit), "^" + object_id(tip))
        answer = await self.door.call("rev-list", *question, accept=(0, 128))
        return answer.status == 0 and not answer.output.strip()

    async def person(self) -> Person:
        """Who commits here, as git is configured; read once."""
        if self._person is None:
            self._person = await self.door.aside(lambda: person(self.door))
        return self._person

    async def _listing(self, tree: str) -> Listing:
        known = self._listings.find(object_id(tree))
        if known is not None:
            return known
        answer = await self.door.call("ls-tree", "-r", "-t", "-z", "--full-tree", "--end-of-options", tree)
        listing = await self.door.aside(lambda: parse_listing(tree, answer.output))
        return self._listings.keep(tree, listing, weight=len(listing.files) + 1)

    async def _empty_tree(self) -> str:
        return object_id(_line((await self.door.call("mktree")).output))

    async def _carrier(self, tree: str, parent: str = "") -> str:
        known = self._carriers.find((tree, parent))
        if known is not None:
            return known
        door = replace(self.door, variables={**self.door.variables, **_MERGER})
        above = ["-p", parent] if parent else []
        answer = await door.call("commit-tree", *above, tree, stdin=b"a tree to merge\n")
        return self._carriers.keep((tree, parent), object_id(_line(answer.output)))

    def _remember(self, blob: str, content: bytes) -> None:
        if len(content) <= _SMALL:
            self._blobs.keep(blob, content, weight=len(content) + 100)


def _line(output: bytes) -> str:
    return output.decode("ascii", "replace").strip()


def _text(message: str) -> bytes:
    return (message.rstrip("\n") + "\n").encode("utf-8", "replace")


def _objects(output: bytes, wanted: Sequence[str], *, kind: str) -> dict[str, bytes]:
    """Read ``git cat-file --batch``: a header line, the content, a newline, for each object in the order of asking."""
    found: dict[str, bytes] = {}
    place = 0
    for name in wanted:
        end = output.index(b"\n", place)
        header = output[place:end].decode("ascii", "replace").split(" ")
        if header[1:2] != [kind]:
            raise GitError(f"{name} is not a {kind} of this repository: git says {' '.join(header[1:]) or 'nothing'}")
        size = int(header[2])
        found[name] = output[end + 1 : end + 1 + size]
        place = end + 1 + size + 1
    return found
