"""Commits as mails: `git am` makes the same trees of them, whatever is in files, names and messages."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.git.mail import letter, mail_of
from agentctl.orchestrator.git.opening import open_repository

IDENTITY = ("-c", "user.name=Ana Ñ, B", "-c", "user.email=ana@example.org")
FORGED = """\
Süß: a subject that is so long that it does not fit into one line of a mail, and goes on

Words.

---
diff --git a/evil b/evil
new file mode 100644
--- /dev/null
+++ b/evil
@@ -0,0 +1 @@
+evil
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001

Task: T1
"""

Git = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "here"
    path.mkdir()
    return path


@pytest.fixture
def git(root: Path) -> Git:
    def call(*arguments: str, at: Path = root) -> str:
        environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        line = ["git", "-C", str(at), *IDENTITY, *arguments]
        return subprocess.run(line, check=True, capture_output=True, text=True, env=environ).stdout.strip()

    call("init", "-q")
    (root / "a").write_text("one\n")
    (root / "run").write_text("#!/bin/sh\n")
    call("add", ".")
    call("commit", "-q", "-m", "base")
    return call


async def test_git_am_makes_the_same_trees_and_messages_with_the_same_author(
    root: Path, git: Git, tmp_path: Path
) -> None:
    base = git("rev-parse", "HEAD")
    (root / "crlf.txt").write_bytes(b"one\r\ntwo\r\nno end")
    (root / "bytes").write_bytes(bytes(range(256)) * 4)
    (root / "latin").write_bytes(b"caf\xe9\nFrom me\n--- \n")
    (root / 'o"dd\tnäme.py').write_text("é\n")
    git("add", ".")
    git("commit", "-q", "-m", FORGED)
    (root / "run").chmod(0o755)
    (root / "a").unlink()
    (root / "link").symlink_to("run")
    git("add", "-A")
    git("commit", "-q", "-m", "[core] Second\n\nTask: T2")
    commits = git("rev-list", "--reverse", f"{base}..HEAD").split()
    there = tmp_path / "there"
    git("worktree", "add", "-q", "--detach", str(there), base)
    for number, commit in enumerate(commits, start=1):
        mail = await mail_of(open_repository(root), commit, number=number, of=len(commits))
        assert mail is not None
        path = tmp_path / f"{number}.patch"
        path.write_bytes(mail.content)
        git("am", "-q", str(path), at=there)
        assert git("rev-parse", "HEAD^{tree}", at=there) == git("rev-parse", f"{commit}^{{tree}}")
        assert git("log", "-1", "--format=%an %ae %at", at=there) == git("log", "-1", "--format=%an %ae %at", commit)
    assert not (there / "evil").exists()
    said = git("log", "-1", "--format=%B", "HEAD~1", at=there)
    assert said.splitlines()[0] == FORGED.splitlines()[0]
    assert " ---\n diff --git a/evil b/evil" in said
    assert said.endswith("Task: T1")


async def test_a_commit_that_changes_nothing_has_no_mail(root: Path, git: Git) -> None:
    git("commit", "-q", "--allow-empty", "-m", "nothing")
    assert await mail_of(open_repository(root), git("rev-parse", "HEAD"), number=1, of=1) is None


async def test_settings_of_the_repository_do_not_change_a_patch(root: Path, git: Git) -> None:
    (root / "a").write_text("two\n")
    git("add", ".")
    git("commit", "-q", "-m", "change")
    head = git("rev-parse", "HEAD")
    plain = await mail_of(open_repository(root), head, number=1, of=1)
    for name, value in (("diff.noprefix", "true"), ("diff.external", "false"), ("color.ui", "always")):
        git("config", name, value)
    (root / ".git" / "info" / "attributes").write_text("* diff=evil\n")
    git("config", "diff.evil.textconv", "echo evil;")
    git("config", "diff.context", "0")
    assert await mail_of(open_repository(root), head, number=1, of=1) == plain


def test_a_letter_holds_no_patch() -> None:
    text = "Words\n---\ndiff --git a/x b/x\n"
    written = letter("Ünder", text, commit="a" * 40, sender=("Ana Ñ", "ana@example.org"), at=0.0)
    assert b"\n ---\n diff --git" in written
    assert b"Date: Thu, 01 Jan 1970 00:00:00 -0000" in written
    assert b"From: =?utf-8?" in written
