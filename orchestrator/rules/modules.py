"""Which file of a repository an import means, by paths alone. Pure; where it is not clear, it means none.

Go and Rust are followed by the names of folders and modules, JavaScript and TypeScript by relative paths and by the
usual short names of the source folder, Python as a run of its tests finds it.
"""

import posixpath
from collections.abc import Collection
from pathlib import PurePosixPath

_SCRIPTS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")


def is_meant(language: str, module: str, *, importer: str, target: str, paths: Collection[str]) -> bool:
    """Whether ``module``, as ``importer`` writes it, is the file at ``target``."""
    match language:
        case "python":
            return _python_means(module, importer, target, paths)
        case "go":
            folder = posixpath.dirname(target)
            return bool(folder) and f"/{module}".endswith(f"/{folder}")
        case "rust":
            return _rust_means(module, target)
        case _:
            return _script_means(module, importer, target)


def may_hand_on(language: str, module: str, *, importer: str, target: str, paths: Collection[str]) -> bool:
    """Whether ``module`` is a package or an index above ``target``, which may offer what is defined there too."""
    folders = [str(each) for each in PurePosixPath(target).parents if str(each) != "."]
    match language:
        case "python":
            fronts = [f"{folder}/__init__.py" for folder in folders]
        case "go":
            return False
        case "rust":
            return module == "crate" or module.rpartition("::")[2] in {posixpath.basename(each) for each in folders}
        case _:
            fronts = [f"{folder}/index{suffix}" for folder in folders for suffix in _SCRIPTS]
    there = [front for front in fronts if front in paths and front != target]
    return any(is_meant(language, module, importer=importer, target=front, paths=paths) for front in there)


def _python_means(module: str, importer: str, target: str, paths: Collection[str]) -> bool:
    wanted = PurePosixPath(target).with_suffix("").parts
    wanted = wanted[:-1] if wanted[-1] == "__init__" else wanted
    names = tuple(part for part in module.split(".") if part)
    dots = len(module) - len(module.lstrip("."))
    if dots:
        base = PurePosixPath(importer).parent.parts
        return dots <= len(base) + 1 and (*base[: len(base) - dots + 1], *names) == wanted
    if not names or wanted[-len(names) :] != names:
        return False
    folder = "/".join(wanted[: -len(names)])
    if folder and f"{folder}/__init__.py" in paths:
        return False  # within a package a module has a longer name
    return _nearest(names, importer, paths) in {target, None}


def _nearest(names: tuple[str, ...], importer: str, paths: Collection[str]) -> str | None:
    """The file that a dotted name means where several could be meant: the one nearest to whoever imports it."""
    for folder in (*PurePosixPath(importer).parents, PurePosixPath("src")):
        for path in (f"{'/'.join(names)}.py", f"{'/'.join(names)}/__init__.py"):
            found = str(folder / path)
            if found in paths:
                return found
    return None


def _script_means(module: str, importer: str, target: str) -> bool:
    bare = _without_suffix(target)
    if module.startswith("."):
        said = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module))
        return target == said or bare in {_without_suffix(said), f"{said}/index"}
    if module.startswith(("@/", "~/")):  # what such a beginning means is in settings that are not read here
        said = f"/{module[2:]}"
        return any(f"/{bare}".endswith(each) for each in (_without_suffix(said), f"{said}/index"))
    return False


def _without_suffix(path: str) -> str:
    return next((path.removesuffix(suffix) for suffix in _SCRIPTS if path.endswith(suffix)), path)


def _rust_means(module: str, target: str) -> bool:
    parts = PurePosixPath(target).with_suffix("").parts
    said = tuple(each for each in module.split("::") if each not in {"crate", "self", "super"})
    if parts[-1] in {"lib", "main"}:
        return module == "crate"
    parts = parts[:-1] if parts[-1] == "mod" else parts
    shared = min(len(said), len(parts), 1 if parts[-2:-1] == ("src",) else 2)
    return bool(said) and parts[-shared:] == said[-shared:]
