"""What changes a key and what does not."""

import re
import textwrap

import pytest
from agentctl.specs.keys import check_keys, context_key, item_key, item_keys, requirement_key, requirement_keys
from agentctl.specs.parse import parse
from hypothesis import given, settings
from hypothesis import strategies as st

SPEC = """\
---
id: jug
---
# jug

Pours things.

## Terms

- **pour**: to move the contents of one vessel.
- **vessel**: a jug or a cup.
- **spill**: a pour that goes wrong.

## Interface

```python interface src/jug.py
from collections.abc import Iterable

class Cup:
    litres: float  # may be 0

def fill(cup: Cup) -> None: ...

def drain(cups: "Iterable[Cup]", *, fast: bool = False) -> int: ...
```

## Requirements

- **R1** `fill` MUST top the cup up.
- **R2** The command MUST pour what it is told.
- **R3** As in R2, it SHOULD print one line.
- **R4** It MAY sing.
- **R5** `drain` MUST return `x.litres` in all.

## Corner cases

- **E1** An empty file: R3 holds.

## Performance

- **P1** `jug` MUST finish in <= 3.0 s wall (median of 5) on 2 cores.

## Non-goals

- **N1** No spills are mopped up.

## Checks

```python R1 R2
assert fill
```
"""


def after(old: str, new: str, text: str = SPEC) -> set[str]:
    """The items whose requirement key an edit changes."""
    assert text.count(old) == 1, old
    before, now = requirement_keys(parse(text)), requirement_keys(parse(text.replace(old, new)))
    return {id_ for id_ in before.keys() | now.keys() if before.get(id_) != now.get(id_)}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("top the cup up", "top  the\n  *cup* __up__", set()),
        ("top the cup up", "empty the cup", {"R1"}),
        ("`fill` MUST", "`fill` SHALL", set()),
        ("`fill` MUST", "`fill` SHOULD", set()),
        ("`fill` MUST", "`fill` MUST NOT", {"R1"}),
        ("R2** The command MUST pour", "R2** The command MUST drop", {"R2", "R3", "E1"}),
        ("R2** The command MUST", "R2** The command MAY", set()),
        ("the contents of one vessel", "the contents of any vessel", {"R2", "R3", "E1", "N1"}),
        ("a jug or a cup", "a jug, a cup or a mug", {"R2", "R3", "E1", "N1"}),
        ("a pour that goes wrong", "a pour that went wrong", {"N1"}),
        ("fast: bool = False", "fast: bool = True", {"R5"}),
        ("fast: bool = False", "fast: bool=False", set()),
        ("litres: float  # may be 0", "litres: int  # may be 0", {"R1", "R5"}),
        ("may be 0", "above 0", {"R1", "R5"}),
        ("collections.abc import Iterable", "typing import Iterable", {"R5"}),
        ("def fill(cup: Cup) -> None: ...", "def fill(\n    cup: Cup,\n) -> None:\n    ...", set()),
        ("Pours things.", "Pours many things.", set()),
        ("assert fill", "assert fill is not None", set()),
        ("id: jug", "id: jug\nbudget: {usd: 3}\nautonomy: never", set()),
    ],
)
def test_an_edit_changes_the_keys_of_what_leans_on_it(old: str, new: str, changed: set[str]) -> None:
    assert after(old, new) == changed


def test_the_strength_is_in_the_item_key_and_in_no_other() -> None:
    before, now = item_keys(parse(SPEC)), item_keys(parse(SPEC.replace("R4** It MAY", "R4** It MUST")))
    assert before["R4"].item != now["R4"].item
    assert (before["R4"].context, before["R4"].requirement) == (now["R4"].context, now["R4"].requirement)


def test_keys_one_by_one_are_the_keys_in_bulk() -> None:
    spec = parse(SPEC)
    for id_, keys in item_keys(spec).items():
        item = spec.items[id_]
        assert (item_key(item), context_key(spec, item), requirement_key(spec, item)) == (
            keys.item,
            keys.context,
            keys.requirement,
        )


TABLE = """\
# slug

- **R1** `slug(text, sep)` in `src/slug.py` MUST join words.

### Examples for R1: `slug(text, sep)`

| text     | sep   | =>       |
|----------|-------|----------|
| `"a b"`  | `"-"` | `"a-b"`  |
| `""`     | `"-"` | `""`     |

```console R1 slow
$ slug a
a
```

```ts R1
expect(1)
```
"""


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ('| `"a b"`  |', '| `"a c"`  |', {"R1.t1"}),
        ('| `"a-b"`  |', "| raises ValueError |", {"R1.t1"}),
        ("| text     | sep   |", "| sep | text |", {"R1.t1"}),
        ("| text     | sep   |", "|text|sep|", set()),
        ("R1 slow", "R1 holdout", {"R1.c1"}),
        ("R1 slow", "slow R1", set()),
        ("```console", "```shell-session", set()),
        ("$ slug a\na", "$ slug a\nb", {"R1.c1"}),
        ("```ts", "```rust", {"R1.c2"}),
        ("# slug\n", "# slug\n\nWhy and why not.\n", set()),
    ],
)
def test_a_check_key_changes_with_what_is_asserted(old: str, new: str, changed: set[str]) -> None:
    assert TABLE.count(old) == 1
    before, now = check_keys(parse(TABLE)), check_keys(parse(TABLE.replace(old, new)))
    assert {id_ for id_ in before.keys() | now.keys() if before.get(id_) != now.get(id_)} == changed


def test_a_circle_of_references_has_keys() -> None:
    text = "# a\n\n- **R1** As R2, it MUST run.\n- **R2** As R1, it MUST end.\n- **R3** It MUST be.\n"
    assert after("it MUST run", "it MUST walk", text) == {"R1", "R2"}


@pytest.mark.parametrize("stub", ["def f(:", "", "x = (", "\x0c\x00", "class C:\n  def f(self): ...\n\tx: int"])
def test_a_stub_that_is_not_python_is_taken_as_text(stub: str) -> None:
    text = f"# a\n\n```python interface src/a.py\n{stub}\n```\n\n- **R1** `src/a.py` MUST be there.\n"
    assert set(requirement_keys(parse(text))) == {"R1"}


def test_a_name_that_is_declared_twice_alike_is_declared_once() -> None:
    once = "- **R1** `f(x)` in `src/a.py` MUST run.\n"
    twice = f"# a\n\n{once}- **R2** `f(x)` in `src/a.py` MUST end.\n- **R3** `f` MUST be.\n"
    assert after("- **R2** `f(x)` in `src/a.py` MUST end.\n", "", twice) == {"R2"}
    assert after("- **R2** `f(x)`", "- **R2** `f(x, y)`", twice) == {"R1", "R2", "R3"}


def test_statements_on_one_line_are_told_apart() -> None:
    stub = "```python interface src/a.py\na: int; b: int\n```"
    text = f"# a\n\n{stub}\n\n- **R1** `a` MUST be.\n- **R2** `b` MUST be.\n"
    assert "R2" in after("b: int", "b: str", text)


def test_a_stub_in_another_language_counts_as_a_whole() -> None:
    stub = "```ts interface src/a.ts\nexport const f: () => void;\n```"
    text = f"# a\n\n{stub}\n\n- **R1** `src/a.ts` MUST be.\n- **R2** It MUST.\n"
    assert after("=> void", "=> string", text) == {"R1"}
    assert after("f: ()", "f:   ()", text) == set()


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.sampled_from("*_`# -\nR1MUST:.ab|\\()<>"), max_size=200))
def test_any_text_has_keys(text: str) -> None:
    spec = parse(text)
    assert requirement_keys(spec).keys() == spec.items.keys()


PIECES = [
    "def f(x: int",
    ") -> 'g':",
    " ...",
    "\n",
    "class C:",
    "    a: b = (1,)",
    "; ",
    "# why",
    "from m import f",
    "@d",
    "x = 1",
    '"""t',
    "\x0c",
    "\\",
]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_any_stub_has_keys(pieces: list[str]) -> None:
    text = f"# a\n\n```python interface src/a.py\n{''.join(pieces)}\n```\n\n- **R1** `f` and `C` MUST be there.\n"
    assert set(requirement_keys(parse(text))) == {"R1"}


def test_what_stands_inside_an_item_is_part_of_it() -> None:
    inside = "  ```text\n  4 cups\n  ```\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\n  ![a jug](jug.png)\n"
    items = f"- **R1** It MUST look so:\n\n{inside}\n- **R2** As R1, it MUST be.\n- **R3** It MUST.\n"
    text = f"# a\n\n## Terms\n\n- **cup**: a vessel.\n\n## Requirements\n\n{items}"
    assert after("a vessel", "a mug", text) == {"R1", "R2"}
    assert after("4 cups", "5 cups", text) == {"R1", "R2"}
    assert after("| 1 | 2 |", "| 1 | 3 |", text) == {"R1", "R2"}
    assert after("jug.png", "cup.png", text) == {"R1", "R2"}
    assert after("It MUST look", "It SHOULD look", text) == set()


def test_of_a_document_without_items_every_word_counts() -> None:
    text = "# a\n\nIt pours what it is given.\n\n## How\n\nIn a thin stream.\n"
    assert after("a thin stream", "a thick stream", text) == {"R1"}
    assert after("In a thin", "In\n  a thin", text) == set()


def test_wrapping_every_item_changes_no_key(ratelog: str) -> None:
    lines = []
    for line in ratelog.split("\n"):
        wrap = re.match(r"- \*\*[A-Z]\d", line)
        lines += (
            textwrap.wrap(line, 40, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
            if wrap
            else [line]
        )
    assert len(lines) > ratelog.count("\n") + 5
    assert requirement_keys(parse("\n".join(lines))) == requirement_keys(parse(ratelog))
