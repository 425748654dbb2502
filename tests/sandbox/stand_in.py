"""Stands in for sandbox-exec, which only macOS has: takes its options, and shows a command by bwrap what they allow.

It knows nothing of the language of profiles. What it can tell is whether the parameters name all that a command needs.
"""

import os
import sys
from pathlib import Path

ALWAYS = "--die-with-parent --unshare-net --dev /dev --symlink usr/bin /bin --symlink usr/lib /lib"
HERE = ("/lib64", "/usr/lib64", "/etc/ld.so.cache")


def main() -> None:
    """Become bwrap."""
    given, words = {}, sys.argv[1:]
    while words[0] != "--":
        option, value, *words = words
        if option == "-D":
            name, _, path = value.partition("=")
            given[name] = path
        elif option != "-p" or not value.startswith("(version 1)\n(deny default)\n"):
            sys.exit(f"sandbox-exec: {option}?")
    shown = {path: "--ro-bind" for name, path in given.items() if name.startswith("READ_")}
    shown |= {path: "--bind" for name, path in given.items() if name.startswith("WRITE_")}
    shown |= dict.fromkeys(HERE, "--ro-bind") | {given["GIT"]: "--ro-bind"}
    bound = [part for path in sorted(shown, key=len) if Path(path).exists() for part in (shown[path], path, path)]
    os.execvp("bwrap", ["bwrap", *ALWAYS.split(), *bound, "--chdir", str(Path.cwd()), *words])


if __name__ == "__main__":
    main()
