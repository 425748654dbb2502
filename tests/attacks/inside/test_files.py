"""What a command may try on files; the numbers are the rows of docs/sandbox.md."""

import contextlib
import os
import sys
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import PolicyViolation, SandboxUnavailable
from agentctl.orchestrator.sandbox import git_entry
from agentctl.orchestrator.sandbox.port import Sandbox

from .commands import Run, content, lacking, names


async def test_02_a_symbolic_link_in_the_tree_reaches_no_file_outside(run: Run, root: Path, secret: Path) -> None:
    (root / "link").symlink_to(secret)
    (root / "folder").symlink_to(secret.parent)
    done = await run(f"cat link; cat folder/{secret.name}; cat {secret}")
    assert "PRIVKEY" not in done.output


async def test_03_nothing_is_written_through_a_symbolic_link(run: Run, root: Path, secret: Path) -> None:
    (root / "link").symlink_to(secret)
    await run("echo changed >link; echo changed >>link")
    assert content(secret) == "PRIVKEY\n"


async def test_04_no_hard_link_to_a_file_outside(run: Run, root: Path, secret: Path) -> None:
    done = await run(f"ln {secret} mine && cat mine")
    assert done.exit != 0
    assert not (root / "mine").exists()


async def test_05_home_is_fresh_and_the_real_one_cannot_be_read(run: Run) -> None:
    done = await run(f"ls -A $HOME; ls {Path.home()}/.ssh {Path.home()}/.bashrc {Path.home()}/.config && echo read")
    assert "read\n" not in done.output.splitlines(keepends=True)
    assert (await run("touch $HOME/x; echo $HOME")).output.strip() != str(Path.home())
    assert (await run("ls -A $HOME")).output == ""


async def test_06_07_other_trees_cannot_be_read(run: Run, root: Path) -> None:
    other = root.parent / "other"
    other.mkdir()
    (other / ".env").write_text("KEY=PRIVKEY")
    done = await run(f"cat ../other/.env {other}/.env; ls ..")
    assert "PRIVKEY" not in done.output
    assert "other\n" not in done.output.splitlines(keepends=True)


async def test_08_variables_of_the_host_are_not_seen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "PRIVKEY")
    done = await run("env; cat /proc/self/environ | tr '\\0' '\\n'")
    assert "PRIVKEY" not in done.output


async def test_09_nor_in_the_environment_of_any_process(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "PRIVKEY")
    done = await run("cat /proc/*/environ /proc/[0-9]*/environ | tr '\\0' '\\n'")
    assert "PRIVKEY" not in done.output


async def test_10_no_way_out_through_proc_or_sys(run: Run, secret: Path) -> None:
    done = await run(
        f"cat /proc/*/root{secret} /proc/*/cwd/{secret.name}; head -c 1 /proc/kcore | wc -c; ls /sys /proc/1/root/home"
    )
    assert "PRIVKEY" not in done.output
    assert "\n1\n" not in f"\n{done.output}"
    assert "kernel" not in done.output.split()


async def test_10_the_processes_of_the_host_are_not_listed(run: Run) -> None:
    done = await run("ls /proc | grep -c '^[0-9]'")
    assert int(done.output.splitlines()[-1]) < 8


async def test_11_nothing_outside_the_tree_can_be_written(run: Run, root: Path, sandbox: Sandbox) -> None:
    places = ["/usr/x", "/etc/x", "/x", "/bin/x", "/dev/x", "/lib/x", f"{sys.base_prefix}/x", str(root.parent / "x")]
    done = await run("".join(f"(echo x >{place}) 2>/dev/null && echo wrote {place}\n" for place in places))
    fresh = "/dev/x" if sandbox.name in ("docker", "podman") and os.getuid() == 0 else ""
    assert done.output == (f"wrote {fresh}\n" if fresh else "")
    assert (await run("cat /dev/x")).exit != 0
    assert not any(Path(place).exists() for place in places)


async def test_11_a_tree_that_is_not_writable_is_not_written(run: Run, root: Path) -> None:
    (root / "kept").write_text("kept")
    await run("echo x >new; echo x >kept; rm kept", writable=False)
    assert names(root) == ["kept"]
    assert content(root / "kept") == "kept"


@lacking("landlock")
@pytest.mark.parametrize("folder", [True, False])
async def test_12_13_the_git_entry_cannot_be_replaced(run: Run, root: Path, *, folder: bool) -> None:
    if folder:
        (root / ".git" / "hooks").mkdir(parents=True)
        (root / ".git" / "config").write_text("[core]\n")
    else:
        (root / ".git").write_text("gitdir: /elsewhere\n")
    done = await run(
        "(echo x >.git) 2>&1; mv .git other && echo moved; rm -rf .git && echo removed;"
        "ln -sfn /tmp .git && echo linked;"
        "(echo x >.git/hooks/pre-commit) && echo hooked; (echo x >>.git/config) && echo configured"
    )
    assert not {"moved", "removed", "linked", "hooked", "configured"} & set(done.output.split())
    assert (root / ".git").is_dir() is folder


@lacking("landlock")
async def test_12_a_git_entry_that_became_a_link_is_refused_and_not_followed(
    run: Run, root: Path, secret: Path
) -> None:
    (root / ".git").symlink_to(secret.parent)
    with pytest.raises(PolicyViolation):
        await run("cat .git/*")


@pytest.mark.parametrize("folder", [True, False])
async def test_49_no_descriptor_leads_out_of_the_view(run: Run, root: Path, *, folder: bool) -> None:
    if folder:
        (root / ".git").mkdir()
    else:
        (root / ".git").write_text("gitdir: /elsewhere\n")
    script = (
        "import os\nfor place in ['/proc/self/fd', '/proc/1/fd']:\n    try: found = [*os.scandir(place)]\n"
        "    except OSError: found = []\n"
        "    for each in found:\n        try: print(place, os.readlink(each.path))\n        except OSError: pass\n"
        "for fd in range(3, 1024):\n    try: os.fstat(fd)\n    except OSError: continue\n    print('open', fd)"
    )
    done = await run(script, python=True)
    held = {line.split()[1].split(":")[0] for line in done.output.splitlines() if line.startswith("/proc/")}
    assert "open" not in done.output.split()
    assert {name for name in held if not name.startswith("/proc/")} <= {"/dev/null", "pipe", "anon_inode"}


@lacking("landlock")
async def test_12_a_git_folder_that_becomes_another_while_a_command_starts_is_not_shown(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale(root, monkeypatch)
    (root / ".git").mkdir()
    (root / ".git" / "id_rsa").write_text("PRIVKEY")
    done = await run("cat .git/id_rsa")
    assert done.exit != 0
    assert "PRIVKEY" not in done.output


async def test_12_a_git_folder_that_becomes_a_link_while_a_command_starts_is_not_followed(
    run: Run, root: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale(root, monkeypatch)
    (root / ".git").symlink_to(secret.parent)
    with contextlib.suppress(SandboxUnavailable):  # podman mounts nothing at all where it meets a link
        done = await run(f"cat .git/{secret.name}")
        assert done.exit != 0
        assert "PRIVKEY" not in done.output


def stale(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a command that runs beside the next one takes .git away right after that one's sandbox has looked at it."""
    (root / ".git").mkdir()
    seen = git_entry.of(root)
    monkeypatch.setattr(git_entry, "of", lambda _: seen)
    (root / ".git").rename(root / "was")
