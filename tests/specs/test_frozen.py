"""A noun is to its callers what the standard library's frozen dataclass is."""

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any

import msgspec
import pytest
from agentctl.specs.frozen import dataclass
from agentctl.specs.nouns import Meta, Spec
from agentctl.specs.parse import parse
from agentctl.specs.rules.rule import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """A noun."""

    name: str
    parts: tuple[int, ...] = ()
    seen: dict[str, int] = field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The same, by the standard library."""

    name: str
    parts: tuple[int, ...] = ()
    seen: dict[str, int] = field(default_factory=dict)


def outcome(act: Any, cls: type[Any]) -> Any:
    """What an act on a class gives, or the kind of its error and what it says."""
    try:
        return act(cls)
    except (TypeError, AttributeError) as error:
        return type(error), str(error).replace(cls.__name__, "Noun")


@pytest.mark.parametrize(
    "act",
    [
        lambda c: repr(c(name="a", parts=(1,))).replace(c.__name__, "Noun"),
        lambda c: dataclasses.asdict(c(name="a")),
        lambda c: [each.name for each in dataclasses.fields(c)],
        lambda c: msgspec.json.encode(c(name="a", parts=(1,))),
        lambda c: dataclasses.replace(c(name="a"), name="b") == c(name="b"),
        lambda c: (c(name="a") == c(name="a"), c(name="a") == c(name="b"), c(name="a") == "a"),
        lambda c: copy.deepcopy(c(name="a", seen={"x": 1})) == c(name="a", seen={"x": 1}),
        lambda c: pickle.loads(pickle.dumps(c(name="a"))) == c(name="a"),
        lambda c: msgspec.convert({"name": "a", "parts": [1]}, c) == c(name="a", parts=(1,)),
        lambda c: c(name="a").seen is c(name="a").seen,
        lambda c: hasattr(c(name="a"), "__dict__"),
        lambda c: hash(c(name="a")),
        lambda c: c("a"),
        lambda c: c(),
        lambda c: c(name="a", other=1),
        lambda c: setattr(c(name="a"), "name", "b"),
        lambda c: setattr(c(name="a"), "parts", ()),
        lambda c: delattr(c(name="a"), "name"),
    ],
)
def test_a_noun_does_what_a_frozen_dataclass_does(act: Any) -> None:
    assert outcome(act, Quick) == outcome(act, Slow)


def test_nouns_of_one_value_are_one_in_a_set_and_a_kind_is_part_of_the_value() -> None:
    first, second = (Hit(code="SPA101", message="m", line=1) for _ in range(2))
    assert {first, second} == {first}
    other: object = Slow(name="a")
    assert Quick(name="a") != other
    assert Meta() == Meta()


def test_a_field_that_is_not_there_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        Quick(name="a").other = 1  # type: ignore[attr-defined]


def test_a_spec_cannot_be_changed() -> None:
    spec: Spec = parse("# a\n\n- **R1** It MUST count.\n")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'title'"):
        spec.title = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'text'"):
        spec.items["R1"].text = "b"  # type: ignore[misc]


def test_only_what_is_frozen_keyword_only_and_has_slots_is_made() -> None:
    make: Any = dataclass
    with pytest.raises(TypeError, match=r"dataclasses\.dataclass"):
        make(frozen=False, slots=True, kw_only=True)
    with pytest.raises(TypeError):
        make(frozen=True)
