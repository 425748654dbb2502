"""Ports of services, the words of settings that stand for them, and a file of variables. Pure."""

import re
from collections.abc import Mapping, Sequence

FIRST_PORT = 20_001
"""Of the block that services have theirs from; below what the kernel gives to connections."""
TMP = "{tmp}"
_WORD = re.compile(r"(?<!\$)\{(?:tmp|port(?::(?P<name>[^{}]*))?)\}")
_PLAIN = re.compile(r"[\w./:@%+,=-]*", re.ASCII)


def numbered(wanted: Sequence[int | None]) -> tuple[int, ...]:
    """A port for each: the one that it wants, else the next of the block that nobody wants."""
    free = (port for port in range(FIRST_PORT, FIRST_PORT + 2 * len(wanted)) if port not in wanted)
    return tuple(next(free) if port is None else port for port in wanted)


def filled(text: str, *, ports: Mapping[str, int], port: int | None = None, tmp: str = TMP) -> str:
    """``text`` with ``{port:NAME}``, ``{port}`` and ``{tmp}`` told; ``${port}`` is the shell's own and stays.

    Raises ValueError where no such port is known.
    """

    def told(word: re.Match[str]) -> str:
        name = word["name"]
        if word[0] == TMP:
            return tmp
        if name is None and port is not None:
            return str(port)
        if name is None:
            raise ValueError("{port} is whose? write {port:NAME}")
        if name not in ports:
            raise ValueError(f"there is no service {name!r} whose port it could be")
        return str(ports[name])

    return _WORD.sub(told, text)


def env_file(variables: Mapping[str, str]) -> bytes:
    """The variables as lines that readers of ``.env`` files take, each as it was written."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in sorted(variables.items())).encode()


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    if "'" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'
