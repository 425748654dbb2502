"""What of the host a command may see: the system's programs and nothing of a person. Only lists paths."""

import functools
import os
import shutil
import sys
import tomllib
from pathlib import Path

from .port import Mount

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Programs and libraries; on most systems all but the first are links into it."""
ETC = (
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/ca-certificates",
    "/etc/pki/tls",
    "/etc/pki/ca-trust",
    "/etc/protocols",
    "/etc/services",
)
NETWORK_ETC = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf")
"""Added for the few commands that are given the network."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def existing(paths: tuple[str, ...]) -> list[str]:
    """Those of the paths that exist on this host."""
    return [path for path in paths if os.path.exists(path)]  # noqa: PTH110 - asked before every command


@functools.cache
def toolchain() -> tuple[Mount, ...]:
    """The folders outside /usr that hold this interpreter, node, Go and Rust, each at its own path.

    An interpreter may live under a home folder (pyenv, uv, a tool cache), so its prefix is named explicitly; a prefix
    that would show a home folder as a whole is left out.
    """
    prefixes = [Path(sys.base_prefix).resolve()]
    node = shutil.which("node")
    if node:
        prefixes.append(Path(node).resolve().parent.parent)
    go = shutil.which("go")
    if go:
        prefixes.append(Path(go).resolve().parent.parent)
    prefixes += _rust()
    return tuple(
        Mount(source=prefix, target=str(prefix))
        for prefix in dict.fromkeys(prefixes)
        if prefix.is_dir() and not prefix.is_relative_to("/usr") and not Path.home().is_relative_to(prefix)
    )


def _rust() -> list[Path]:
    """The toolchain that rustup has as its default, where cargo is rustup's; one of the system needs no word."""
    cargo = shutil.which("cargo")
    if not cargo or Path(cargo).resolve().name != "rustup" or Path("/usr/bin/cargo").exists():
        return []
    home = Path(os.environ.get("RUSTUP_HOME") or Path.home() / ".rustup")
    try:
        settings = tomllib.loads((home / "settings.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [home / "toolchains" / str(settings.get("default_toolchain", ""))]


@functools.cache
def programs() -> tuple[str, ...]:
    """Folders below /usr that hold a toolchain's programs and are on no usual path, such as /usr/local/go/bin."""
    found = (shutil.which(name) for name in ("go", "cargo", "node"))
    folders = {str(Path(program).resolve().parent) for program in found if program}
    return tuple(sorted(folder for folder in folders if folder.startswith("/usr/") and folder not in _USUAL))


def path() -> tuple[str, ...]:
    """The folders in which programs of the host and of its toolchain are looked for."""
    return (*(f"{mount.target}/bin" for mount in toolchain()), "/usr/local/bin", "/usr/bin", "/bin", *programs())


_USUAL = frozenset({"/usr/bin", "/usr/local/bin", "/usr/sbin"})


def version_of(program: str) -> str:
    """What tells one version of a program from another, without starting it: where it is, its size and its time."""
    found = shutil.which(program)
    if not found:
        return f"{program}: none"
    real = Path(found).resolve()
    seen = real.stat()
    return f"{program}: {real} {seen.st_size} {int(seen.st_mtime)}"
