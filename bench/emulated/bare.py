"""Bare repositories served over smart HTTP on loopback by `git http-backend`. All the git of the emulated forge."""

import asyncio
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_WHO = {"GIT_AUTHOR_NAME": "forge", "GIT_AUTHOR_EMAIL": "forge@example.org"}
_WHO |= {"GIT_COMMITTER_NAME": "forge", "GIT_COMMITTER_EMAIL": "forge@example.org"}
_ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ.get("PATH", os.defpath)}
NOTHING = "0" * 40
"""Where a branch is not, before and after it is."""
_SECONDS = 60


class Conflict(Exception):
    """Two commits cannot be merged without a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A branch that a push moved."""

    branch: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """One bare repository, asked and changed by git's own commands."""

    folder: Path

    def begin(self, *, main: str, files: Mapping[str, str]) -> None:
        """Make it, with one commit on its main branch."""
        self.folder.mkdir(parents=True)
        self.git("init", "--bare", "--quiet", f"--initial-branch={main}", ".")
        self.git("config", "http.receivepack", "true")
        commit = self.commit(self.tree(files), parents=(), message="Begin")
        self.git("update-ref", f"refs/heads/{main}", commit)

    def fork(self, other: "Bare") -> None:
        """Make it as a copy of another."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        other.git("clone", "--bare", "--quiet", str(other.folder), str(self.folder))
        self.git("config", "http.receivepack", "true")

    def branches(self) -> dict[str, str]:
        """Commits by the names of the branches that point at them."""
        listed = self.git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads")
        return {name: sha for sha, _, name in (line.partition(" ") for line in listed.splitlines())}

    def commit_of(self, ref: str) -> str | None:
        """The commit of a branch or of the beginning of a sha."""
        for name in (f"refs/heads/{ref.removeprefix('refs/heads/').removeprefix('heads/')}", ref):
            found = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            if found.returncode == 0:
                return found.stdout.strip()
        return None

    def text(self, ref: str, path: str) -> bytes | None:
        """A file at a commit; None where there is none."""
        command = ["git", "cat-file", "blob", f"{ref}:{path}"]
        found = subprocess.run(command, cwd=self.folder, env=_ALONE, capture_output=True, check=False, timeout=_SECONDS)
        return found.stdout if found.returncode == 0 else None

    def changed(self, base: str, head: str) -> list[tuple[str, str, int, int]]:
        """Status letter, path, lines added and taken away of each file, from where the two parted."""
        span = (f"{base}...{head}",)
        states = self.git("diff", "--no-renames", "--name-status", *span).splitlines()
        counts = self.git("diff", "--no-renames", "--numstat", *span).splitlines()
        found = []
        for state, count in zip(states, counts, strict=True):
            letter, _, path = state.partition("\t")
            added, gone, _path = count.split("\t", 2)
            found.append((letter[0], path, int(added) if added != "-" else 0, int(gone) if gone != "-" else 0))
        return found

    def log(self, base: str, head: str) -> list[str]:
        """Commits of ``head`` that ``base`` has not, oldest first."""
        return self.git("rev-list", "--reverse", f"{base}..{head}").splitlines()

    def touched(self, commit: str, head: str, path: str, line: int) -> bool:
        """Whether a line of a file is changed or gone since a commit."""
        found = self._try("diff", "-U0", "--no-renames", commit, head, "--", path)
        if found.returncode:
            return True
        for each in found.stdout.splitlines():
            if each.startswith("@@ "):
                first, _, many = each.split()[1].lstrip("-").partition(",")
                if int(first) <= line < int(first) + int(many or 1):
                    return True
        return False

    def merges(self, base: str, head: str) -> bool:
        """Whether the two merge without a person."""
        return self._try("merge-tree", "--write-tree", base, head).returncode == 0

    def merged(self, base: str, head: str, *, method: str, message: str) -> str:
        """The commit that merging gives; nothing points at it yet. Raises Conflict."""
        if method == "rebase":
            return self._rebased(base, head)
        tree = self._merged_tree(base, head)
        return self.commit(tree, parents=(base,) if method == "squash" else (base, head), message=message)

    def move(self, branch: str, to: str, *, at: str) -> None:
        """Move a branch that is where it was seen."""
        self.git("update-ref", f"refs/heads/{branch}", to, at)

    def delete(self, branch: str) -> None:
        """Take a branch away."""
        self.git("update-ref", "-d", f"refs/heads/{branch}")

    def tree(self, files: Mapping[str, str], *, on: str = "") -> str:
        """A tree of files, on top of what a commit has."""
        index = {"GIT_INDEX_FILE": str(self.folder / "emulated.index")}
        self.git("read-tree", *([on] if on else ["--empty"]), more=index)
        for path, text in files.items():
            blob = self.git("hash-object", "-w", "--stdin", typed=text)
            self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", more=index)
        return self.git("write-tree", more=index)

    def commit(self, tree: str, *, parents: Sequence[str], message: str) -> str:
        """A commit that nothing points at."""
        above = [part for parent in parents for part in ("-p", parent)]
        return self.git("commit-tree", tree, *above, typed=message)

    def git(self, *words: str, typed: str = "", more: Mapping[str, str] | None = None) -> str:
        """What a command of git prints; raises where it fails."""
        found = self._try(*words, typed=typed, more=more)
        if found.returncode:
            raise RuntimeError(f"git {words[0]} failed in {self.folder}: {found.stderr.strip()}")
        return found.stdout.strip()

    def _merged_tree(self, base: str, head: str) -> str:
        found = self._try("merge-tree", "--write-tree", base, head)
        if found.returncode:
            raise Conflict(found.stdout)
        return found.stdout.split()[0]

    def _rebased(self, base: str, head: str) -> str:
        onto = base
        for each in self.log(base, head):
            before = self.git("rev-parse", f"{each}^")
            # What we have as if it had been made on top of `before`: so `before` is their base, in any version of git.
            ours = self.commit(self.git("rev-parse", f"{onto}^{{tree}}"), parents=(before,), message="ours")
            message = self.git("show", "-s", "--format=%B", each)
            onto = self.commit(self._merged_tree(ours, each), parents=(onto,), message=message)
        return onto

    def _try(
        self, *words: str, typed: str = "", more: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        environment = {**_ALONE, **_WHO, **(more or {})}
        return subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env=environment,
            input=typed,
            text=True,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request for `git http-backend`."""

    method: str
    path: str
    """``/owner/name.git/…``"""
    query: str
    kind: str
    protocol: str
    body: bytes
    user: str


async def serve(root: Path, call: Call) -> tuple[int, dict[str, str], bytes]:
    """Answer a request for git: status, headers and body."""
    environment = {
        **_ALONE,
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": call.path,
        "QUERY_STRING": call.query,
        "REQUEST_METHOD": call.method,
        "CONTENT_TYPE": call.kind,
        "CONTENT_LENGTH": str(len(call.body)),
        "GIT_PROTOCOL": call.protocol,
        "REMOTE_USER": call.user,
        "REMOTE_ADDR": "127.0.0.1",
    }
    backend = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    printed, _ = await asyncio.wait_for(backend.communicate(call.body), timeout=_SECONDS)
    head, _, body = printed.partition(b"\r\n\r\n")
    headers = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    status = int(headers.pop("status", "200").split()[0])
    return status, headers, body


def moves(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Moved, ...]:
    """What a push did to the branches."""
    names = sorted(before.keys() | after.keys())
    found = (Moved(branch=name, before=before.get(name, NOTHING), after=after.get(name, NOTHING)) for name in names)
    return tuple(each for each in found if each.before != each.after)
