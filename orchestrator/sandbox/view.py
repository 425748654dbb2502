"""What of the host a command may see: the system's programs and nothing of a person. Only lists paths."""

import functools
import os
import shutil
import sys
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
    """The folders outside /usr that hold this interpreter and node, each at its own path.

    An interpreter may live under a home folder (pyenv, uv, a tool cache), so its prefix is named explicitly; a prefix
    that would show a home folder as a whole is left out.
    """
    prefixes = [Path(sys.base_prefix).resolve()]
    node = shutil.which("node")
    if node:
        prefixes.append(Path(node).resolve().parent.parent)
    return tuple(
        Mount(source=prefix, target=str(prefix))
        for prefix in dict.fromkeys(prefixes)
        if prefix.is_dir() and not prefix.is_relative_to("/usr") and not Path.home().is_relative_to(prefix)
    )
