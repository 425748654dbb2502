"""Which file an import of TypeScript or JavaScript means, of those there are. Pure."""

import json
from collections.abc import Collection, Iterator
from posixpath import dirname, join, normpath

_WRITTEN_AS = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
"""TypeScript names its own files by what they are compiled to."""
_ENDINGS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json")
_ASKING = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "imports")
_REQUIRED = (".js", ".json")
_BUILT_IN = frozenset(
    (
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram"),
        *("diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module"),
        *("net", "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream"),
        *("string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi"),
        *("worker_threads", "zlib"),
    )
)
"""By their first names; the others say `node:`."""


def is_relative(source: str) -> bool:
    """Whether an import names a file by where it is."""
    return source in {".", ".."} or source.startswith(("./", "../", "/"))


def is_built_in(source: str) -> bool:
    """Whether a module comes with node."""
    return source.startswith("node:") or source.partition("/")[0] in _BUILT_IN


def package_of(source: str) -> str:
    """The package of a module that is not named by where it is, such as ``@scope/name`` of ``@scope/name/part``."""
    parts = source.split("/")
    return "/".join(parts[:2]) if source.startswith("@") and parts[0] != "@" else parts[0]


def packages(manifest: str) -> frozenset[str]:
    """The packages that a package.json asks for, and its own name; none where it cannot be read."""
    try:
        found = json.loads(manifest)
    except (ValueError, RecursionError):
        return frozenset()
    if not isinstance(found, dict):
        return frozenset()
    asked = [found[key] for key in _ASKING if isinstance(found.get(key), dict)]
    own = [found["name"]] if isinstance(found.get("name"), str) else []
    return frozenset([*own, *(package_of(name) for each in asked for name in each)])


def meant(source: str, *, by: str, there: Collection[str]) -> str | None:
    """The file that a relative import in the file ``by`` means, as compilers and bundlers look for it."""
    return next((path for path in _candidates(_joined(source, by)) if path in there), None)


def found_by_node(source: str, *, by: str, there: Collection[str], required: bool) -> bool:
    """Whether node finds it by itself: ``import`` looks for the very name, ``require`` adds endings."""
    path = _joined(source, by)
    more = [*(path + ending for ending in _REQUIRED), f"{path}/index.js"] if required else []
    return any(each in there for each in (path, *more))


def _joined(source: str, by: str) -> str:
    return normpath(join(dirname(by), source)).lstrip("/")


def _candidates(path: str) -> Iterator[str]:
    yield path
    stem, dot, ending = path.rpartition(".")
    yield from (stem + each for each in _WRITTEN_AS.get(dot + ending, ()))
    yield from (path + each for each in _ENDINGS)
    yield from (f"{path}/index{each}" for each in _ENDINGS)
