"""From a parsed spec to what the orchestrator needs of it."""

from collections.abc import Callable

from ..specs.compile import compile_checks
from ..specs.declared import stubs
from ..specs.keys import check_keys, requirement_keys
from ..specs.nouns import Item, Spec
from ..specs.parse import without_holdouts
from ..specs.performance import Bar, bars
from ..specs.uses import web, words_of
from .nouns.plan import DeclaredInterface, LockedTest, Requirement, SpecPicture, SpecView
from .nouns.questions import Question
from .rules.small_plan import SMALL_WORDS

SUBJECT = 72
_WITHOUT_CHECK = "SPT201"
"""The rule that asks for a check of every requirement."""


def spec_view(spec: Spec) -> SpecView:
    """The spec with its checks compiled."""
    checks = check_keys(spec)
    locked = tuple(
        LockedTest(
            check=check.check,
            requirements=check.requirements,
            path=check.path,
            text=check.text,
            tests=check.tests,
            secret=check.secret,
            key=checks[check.check],
        )
        for check in compile_checks(spec)
    )
    keys, terms_of = requirement_keys(spec), _terms_by_item(spec)
    return SpecView(
        id=spec.id,
        digest=spec.digest,
        title=spec.title or _first_words(spec.text) or spec.id,
        text=without_holdouts(spec),
        source=spec.text,
        requirements=tuple(_requirement(item, keys[item.id], terms_of(item.id)) for item in spec.normative),
        locked=locked,
        fixtures=tuple(fixture.path for fixture in spec.fixtures),
        pictures=_pictures(spec),
        owns=spec.meta.owns,
        forbid=spec.meta.forbid,
        gate=spec.meta.gate,
        questions=tuple(_question(item) for item in spec.items.values() if item.kind == "question"),
        small=spec.level == "L0" and not locked and len(spec.text.split()) <= SMALL_WORDS,
        interfaces=_interfaces(spec),
        settled=_settled(spec),
        allow_deps=spec.meta.allow.deps,
        allow_paths=spec.meta.allow.paths,
    )


def _interfaces(spec: Spec) -> tuple[DeclaredInterface, ...]:
    """Frozen is what was written out; what a sentence mentions is only known by name."""
    written = {(each.path, each.text) for each in spec.interfaces}
    return tuple(
        DeclaredInterface(path=each.path, text=each.text, frozen=(each.path, each.text) in written)
        for each in stubs(spec.interfaces)
    )


def _terms_by_item(spec: Spec) -> Callable[[str], tuple[tuple[str, str], ...]]:
    """Gives the terms that an item leans on, in the order of the spec, with what they mean."""
    if not spec.terms:
        return lambda _: ()
    woven = web(spec)

    def terms_of(item: str) -> tuple[tuple[str, str], ...]:
        reached = woven.reach(("item", item))
        return tuple((term.name, words_of(term)) for term in spec.terms if ("term", term.name) in reached)

    return terms_of


def _requirement(item: Item, key: str, terms: tuple[tuple[str, str], ...]) -> Requirement:
    return Requirement(
        id=item.id,
        text=item.text,
        key=key,
        strength=item.strength or "MUST",
        preserve=item.kind == "invariant",
        terms=terms,
    )


def _settled(spec: Spec) -> tuple[str, ...]:
    """What a person decides, what is measured, and what the author excused from a check, in the order of the spec."""
    manual = {item for check in spec.checks if not check.executable for item in check.ids}
    measured = {each.id for each in bars(spec) if isinstance(each, Bar)}
    settled = manual | measured | _excused(spec)
    return tuple(id_ for id_ in spec.items if id_ in settled)


def _excused(spec: Spec) -> frozenset[str]:
    if _WITHOUT_CHECK not in spec.text:
        return frozenset()
    from ..specs.rules.reading import Reading  # noqa: PLC0415 - few specs excuse anything, and the rules are many
    from ..specs.rules.suppression import suppressions  # noqa: PLC0415 - see above

    lines = [(each.first, each.last) for each in suppressions(Reading(spec, None)) if each.code == _WITHOUT_CHECK]
    return frozenset(id_ for id_, item in spec.items.items() if any(a <= item.line <= b for a, b in lines))


def _pictures(spec: Spec) -> tuple[SpecPicture, ...]:
    """One in an item that no task can meet, such as a question, is for everybody."""
    normative = {item.id for item in spec.normative}
    return tuple(
        SpecPicture(path=each.path, alt=each.alt, line=each.line, item=each.item if each.item in normative else "")
        for each in spec.images
    )


def _question(item: Item) -> Question:
    """An open question of the author; its key changes with its words, so that a new wording is asked anew."""
    return Question(
        key=f"spec:{item.id}:{item.norm_hash[:8]}",
        kind="decision",
        text=item.text,
        why=f"{item.id} is left open in the spec.",
        default=item.default,
        asked_by=f"spec {item.id}",
    )


def _first_words(text: str) -> str:
    """A title for a spec without one: its first line, short enough for a commit's subject."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line.rstrip(".") if len(line) <= SUBJECT else line[:SUBJECT].rsplit(" ", 1)[0]
