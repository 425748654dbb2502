"""Items without ids keep those under which the lock knows them."""

import pytest
from agentctl.specs.anchor import anchored
from agentctl.specs.changes import compare, dirty
from agentctl.specs.lock import lock_spec
from agentctl.specs.parse import parse
from hypothesis import given, settings
from hypothesis import strategies as st

BULLETS = ("It pours what it is given.", "It fills a cup to the brim.", "It drains the sink at night.", "It hums.")


def text(*bullets: str) -> str:
    return "\n".join(["# jug", "", *(f"- {bullet}" for bullet in bullets), ""])


def ids(edited: str, before: str | None = None) -> dict[str, str]:
    lock = lock_spec(parse(text(*BULLETS) if before is None else before))
    return {id_: item.text for id_, item in anchored(parse(edited), lock).items.items()}


POURS, FILLS, DRAINS, HUMS = BULLETS


@pytest.mark.parametrize(
    ("bullets", "found"),
    [
        (BULLETS, {"R1": POURS, "R2": FILLS, "R3": DRAINS, "R4": HUMS}),
        (("It sings.", *BULLETS), {"R5": "It sings.", "R1": POURS, "R2": FILLS, "R3": DRAINS, "R4": HUMS}),
        ((POURS, HUMS), {"R1": POURS, "R4": HUMS}),
        ((HUMS, POURS, FILLS, DRAINS), {"R4": HUMS, "R1": POURS, "R2": FILLS, "R3": DRAINS}),
        (
            (POURS, "It fills a cup to the top.", DRAINS, HUMS),
            {"R1": POURS, "R2": "It fills a cup to the top.", "R3": DRAINS, "R4": HUMS},
        ),
        (
            ("It sings.", POURS, "It fills a mug to the brim.", DRAINS, HUMS),
            {"R5": "It sings.", "R1": POURS, "R2": "It fills a mug to the brim.", "R3": DRAINS, "R4": HUMS},
        ),
        ((POURS, "Nobody sings.", DRAINS, HUMS), {"R1": POURS, "R5": "Nobody sings.", "R3": DRAINS, "R4": HUMS}),
        ((POURS, POURS), {"R1": POURS, "R5": POURS}),
    ],
)
def test_a_bullet_keeps_its_id(bullets: tuple[str, ...], found: dict[str, str]) -> None:
    assert ids(text(*bullets)) == found


def test_a_written_id_is_not_given_away() -> None:
    edited = f"# jug\n\n## Requirements\n\n- **R2** It MUST be quiet.\n- {POURS}\n- {FILLS}\n"
    assert ids(edited) == {"R2": "It MUST be quiet.", "R1": POURS, "R5": FILLS}


def test_a_spec_that_names_counted_ids_is_left_alone() -> None:
    lock = lock_spec(parse(text(*BULLETS)))
    checked = parse(f"{text('It sings.', *BULLETS)}\n```python R1\nassert 1\n```\n")
    referred = parse(f"# jug\n\n## Requirements\n\n- {FILLS}\n- {POURS}\n- **R9** As R10, it MUST stop.\n")
    assert anchored(checked, lock) == checked
    assert referred.items["R9"].refs == ("R10",)
    assert anchored(referred, lock) == referred


def test_a_table_of_every_requirement_follows_the_ids() -> None:
    table = "\n| text | => |\n|------|----|\n| `1`  | `2` |\n"
    before = parse(f"# f\n\n`f(text)` in `src/f.py` doubles.\n\n- It pours.\n- It fills.\n{table}")
    after = parse(f"# f\n\n`f(text)` in `src/f.py` doubles.\n\n- It sings.\n- It pours.\n- It fills.\n{table}")
    assert before.tables[0].ids == ("R1", "R2")
    now = anchored(after, lock_spec(before))
    assert [(table.id, table.ids) for table in now.tables] == [("R3.t1", ("R3", "R1", "R2"))]


def test_only_the_new_bullet_is_work() -> None:
    lock = lock_spec(parse(text(*BULLETS)))
    spec = anchored(parse(text("It sings.", *BULLETS)), lock)
    changes = compare(lock, spec)
    assert (changes.added, changes.changed, changes.removed, changes.renamed) == (("R5",), (), (), ())
    assert dirty(changes, spec) == {"R5"}


def test_an_id_is_not_used_again_after_it_was_anchored() -> None:
    first = lock_spec(parse(text(*BULLETS)))
    second = lock_spec(anchored(parse(text("It sings.", *BULLETS)), first), previous=first)
    third = anchored(parse(text("It sings.", "It yodels in the hills.", *BULLETS)), second)
    assert list(third.items) == ["R5", "R6", "R1", "R2", "R3", "R4"]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from([*BULLETS, "It sings.", "It drains the bath at night."]), min_size=1, max_size=8))
def test_every_item_has_an_id_of_its_own_and_known_words_keep_theirs(bullets: list[str]) -> None:
    edited = parse(text(*bullets))
    lock = lock_spec(parse(text(*BULLETS)))
    now = anchored(edited, lock)
    assert [item.text for item in now.items.values()] == [item.text for item in edited.items.values()]
    for id_, item in lock.items.items():
        if item.text in bullets:
            assert now.items[id_].text == item.text
