"""Modules that a check wants and that are not of the project: they are to be installed, not to be written. Pure."""

import re
from collections.abc import Collection, Iterable

from .prove import Proof

_NO_MODULE = re.compile(r"No module named '([^\W\d]\w*)")
_FENCED = re.compile(r"^(\s*)(`{3,}|~{3,}).*?^\s*\2", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")
_NEVER_OURS = frozenset({"hypothesis"})
"""What a property check imports, which a spec may well speak of."""


def outside(proofs: Iterable[Proof], *, spec: str, paths: Collection[str], manifest: str) -> dict[str, str]:
    """By check, the module that it could not import and that is nobody's here.

    A module is of the project where a path of the tree, the prose of the spec or its own manifest names it: it may be
    there by another name, or is still to be made.
    """
    ours = {_stem(part) for path in paths for part in path.split("/")}
    named = re.search(r"""(?m)^\s*name\s*=\s*["']([\w.-]+)["']""", manifest)
    said = {*_WORD.findall(_FENCED.sub("", spec)), *(_WORD.findall(named[1].replace("-", "_")) if named else ())}
    found: dict[str, str] = {}
    for proof in proofs:
        missing = _NO_MODULE.search(proof.detail) if proof.result == "missing" else None
        if missing and missing[1] not in ours and missing[1] not in said - _NEVER_OURS:
            found[proof.check] = missing[1]
    return found


def _stem(name: str) -> str:
    return name.partition(".")[0]
