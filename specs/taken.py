"""What the parser took a document for, told in one line. Pure."""

from collections import Counter

from .nouns import ItemKind, Spec

_PLURALS: dict[ItemKind, tuple[str, str]] = {
    "requirement": ("requirement", "requirements"),
    "corner": ("corner case", "corner cases"),
    "performance": ("performance bar", "performance bars"),
    "non-goal": ("non-goal", "non-goals"),
    "question": ("question", "questions"),
    "assumption": ("assumption", "assumptions"),
    "invariant": ("invariant", "invariants"),
}
_SECTION = 2
"""The level of a section's heading."""


def taken(spec: Spec) -> str:
    """``L2: 14 requirements, 2 corner cases (3 ids counted, not written); 3 of 5 sections known; 4 fences: ...``."""
    parts = [_items(spec), _sections(spec), _fences(spec), _tables(spec), _context(spec)]
    return f"{spec.level}: " + "; ".join(part for part in parts if part)


def _items(spec: Spec) -> str:
    kinds = Counter(item.kind for item in spec.items.values())
    told = [_counted(kinds[kind], *names) for kind, names in _PLURALS.items() if kinds[kind]]
    given = sum(item.temporary for item in spec.items.values())
    return (", ".join(told) or "no items") + (f" ({_counted(given, 'id')} counted, not written)" if given else "")


def _sections(spec: Spec) -> str:
    unknown = {hit.line for hit in spec.diagnostics if hit.code == "SPF007"}
    near = {hit.line for hit in spec.diagnostics if hit.code == "SPF004"}
    heads = [heading for heading in spec.headings if heading.level <= _SECTION and heading.text != spec.title]
    if not heads:
        return "no sections"
    known = [heading for heading in heads if heading.line not in unknown]
    said = f"{len(known)} of {_counted(len(heads), 'section')} known"
    return said + (f", {len(near)} nearly" if near else "")


def _fences(spec: Spec) -> str:
    if not spec.fences:
        return ""
    stubs = sum(bool(interface.text) for interface in spec.interfaces)
    kinds = {"check": len(spec.checks), "interface": stubs, "fixture": len(spec.fixtures)}
    rest = len(spec.fences) - sum(kinds.values())
    told = [_counted(number, kind) for kind, number in kinds.items() if number]
    return f"{_counted(len(spec.fences), 'fence')}: " + ", ".join([*told, f"{rest} for reading only"])


def _tables(spec: Spec) -> str:
    rows = sum(len(table.rows) for table in spec.tables)
    return f"{_counted(len(spec.tables), 'table')} of {_counted(rows, 'example')}" if rows else ""


def _context(spec: Spec) -> str:
    said = [f"{len(spec.intent.split())} words of intent"] if spec.intent else []
    if spec.context:
        context = sum(len(part.text.split()) for part in spec.context)
        said.append(f"{context} words kept as context")
    return ", ".join(said)


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
