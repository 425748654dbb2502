"""Checks whose input file could not be made: they fail without being run, and the others are judged. Pure."""

from collections.abc import Mapping, Sequence

from ..input_files import Unmade
from ..ports import TreeEntry
from .prove import Proof
from .subjects import Subject
from .touched import WHOLE, digest


def without_input(
    subjects: Sequence[Subject], unmade: Sequence[Unmade], *, tree: str, entries: Mapping[str, TreeEntry]
) -> dict[str, Proof]:
    """A proof that fails, by check, for each whose code or whose requirements name a file that is not there."""
    found: dict[str, Proof] = {}
    for subject in subjects:
        missing = next((each for each in unmade if _needs(subject, each.fixture.path)), None)
        if missing is not None:
            found[subject.check] = Proof(
                check=subject.check,
                key=subject.key,
                requirements=subject.requirements,
                secret=subject.test.secret,
                result="error",
                passed=0,
                total=len(subject.test.tests),
                base="unknown",
                tree=tree,
                touched=WHOLE,
                digest=digest(WHOLE, entries, test=subject.test.path),
                detail=f"{missing.reason}\n\n{missing.said}",
                line=missing.line,
            )
    return found


def _needs(subject: Subject, path: str) -> bool:
    """By its path, or by its name alone, as a program that was told the folder has it."""
    name = path.rsplit("/", 1)[-1]
    return any(name in text for text in (subject.code, *subject.texts.values()))
