"""Generated specs: each edit of one part dirties what leans on it, and nothing else; two branches' locks merge."""

import random
import subprocess
import textwrap
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from agentctl.specs.changes import compare, dirty
from agentctl.specs.keys import requirement_keys
from agentctl.specs.lock import (
    Lock,
    LockedAnswer,
    LockedEvidence,
    LockedTask,
    LockedTeam,
    lock_spec,
    read_lock,
    write_lock,
)
from agentctl.specs.nouns import Spec
from agentctl.specs.parse import parse
from hypothesis import given, settings
from hypothesis import strategies as st

FILLER = "the row is left where it was and each of them goes on until no more can be read from here".split(" ")  # noqa: SIM905 - a sentence reads better
TERMS = ("glimmer", "thrum", "wisp", "burl", "quoin")
FUNCTIONS = ("weave", "carve", "splice", "etch")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A term, a function or an item: words of its own, and what it uses."""

    words: tuple[str, ...]
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Model:
    """A spec before it is written down."""

    terms: dict[str, Part]
    functions: dict[str, Part]
    items: dict[str, Part]
    checks: dict[str, str] = field(default_factory=dict)

    def leaning_on(self, name: str) -> set[str]:
        """The items that use a part, directly or not."""
        parts = {**self.terms, **self.functions, **self.items}
        found, grown = {name}, True
        while grown:
            more = {other for other, part in parts.items() if found.intersection(part.uses)} - found
            found |= more
            grown = bool(more)
        return found & self.items.keys()


@st.composite
def models(draw: st.DrawFn) -> Model:
    chance = random.Random(draw(st.integers(0, 2**32)))

    def words() -> tuple[str, ...]:
        return tuple(chance.choice(FILLER) for _ in range(chance.randint(3, 14)))

    def some(names: list[str], most: int) -> tuple[str, ...]:
        return tuple(chance.sample(names, min(len(names), chance.randint(0, most))))

    terms = TERMS[: chance.randint(0, len(TERMS))]
    functions = FUNCTIONS[: chance.randint(0, len(FUNCTIONS))]
    ids = [f"R{n}" for n in range(1, chance.randint(4, 14))] + [f"E{n}" for n in range(1, chance.randint(1, 5))]
    return Model(
        terms={name: Part(words=words(), uses=some([*terms[:n]], 1)) for n, name in enumerate(terms)},
        functions={name: Part(words=words(), uses=some([*functions[:n]], 1)) for n, name in enumerate(functions)},
        items={
            id_: Part(words=words(), uses=some([*terms], 2) + some([*functions], 1) + some(ids[:n], 1))
            for n, id_ in enumerate(ids)
        },
        checks={id_: f"assert {chance.randint(1, 99)}" for id_ in ids if chance.random() < 0.3},
    )


def sentence(model: Model, part: Part, keyword: str) -> str:
    used = (f"`{name}`" if name in model.functions else name for name in part.uses)
    return " ".join(["It", keyword, *part.words, *(f"with {name}" for name in used)]) + "."


def written(model: Model, *, layout: random.Random | None = None, keyword: str = "MUST") -> str:
    """The spec as markdown; with ``layout`` its items are wrapped, emphasised and shuffled by chance."""
    lines = ["# loom", "", "## Terms", ""]
    lines += [f"- **{name}**: {sentence(model, part, 'is')}" for name, part in model.terms.items()]
    lines += ["", "```python interface src/loom.py"]
    for name, part in model.functions.items():
        defaults = ", ".join(f"x{n}: str = {word!r}" for n, word in enumerate(part.words))
        lines += [f"def {name}({defaults}) -> '{' '.join(part.uses)}': ...", ""]
    lines += ["```", "", "## Requirements", ""]
    items = [(id_, sentence(model, part, keyword)) for id_, part in model.items.items()]
    if layout:
        layout.shuffle(items)
    for id_, text in items:
        words = text.split(" ")
        if layout:
            words = [f"*{w}*" if w in FILLER and layout.random() < 0.2 else w for w in words]
        lines += textwrap.wrap(
            f"- **{id_}** {' '.join(words)}",
            layout.randint(20, 60) if layout else 10_000,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    lines += [""]
    for id_, body in model.checks.items():
        lines += [f"```python {id_}", body, "```", ""]
    return "\n".join(lines)


def spec_of(model: Model) -> Spec:
    return parse(written(model), name="loom.md")


def edited(model: Model, name: str) -> Model:
    """The model with other words in one part."""

    def other(parts: dict[str, Part]) -> dict[str, Part]:
        return {id_: replace(p, words=(*p.words, "indeed")) if id_ == name else p for id_, p in parts.items()}

    return replace(model, terms=other(model.terms), functions=other(model.functions), items=other(model.items))


@settings(deadline=None, max_examples=80)
@given(models(), st.integers(0, 2**32))
def test_layout_and_strength_change_nothing(model: Model, seed: int) -> None:
    before = spec_of(model)
    laid_out = parse(written(model, layout=random.Random(seed)), name="loom.md")
    weaker = parse(written(model, keyword="SHOULD"), name="loom.md")
    assert requirement_keys(laid_out) == requirement_keys(before) == requirement_keys(weaker)
    assert compare(before, laid_out).nothing
    assert compare(lock_spec(before), weaker).strength_only == compare(before, weaker).strength_only
    assert set(compare(before, weaker).strength_only) == before.items.keys()
    assert dirty(compare(before, weaker), weaker) == frozenset()


@settings(deadline=None, max_examples=80)
@given(models(), st.data())
def test_an_edit_of_one_part_dirties_exactly_its_closure(model: Model, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*model.terms, *model.functions, *model.items]))
    before, after = spec_of(model), spec_of(edited(model, name))
    changes = compare(lock_spec(before), after)
    assert dirty(changes, after) == model.leaning_on(name) == dirty(compare(before, after), after)
    assert changes.changed == ((name,) if name in model.items else ())
    assert changes.terms == ((name,) if name in model.terms else ())
    assert changes.names == ((f"src/loom.py:{name}",) if name in model.functions else ())


@settings(deadline=None, max_examples=60)
@given(models(), st.data())
def test_taking_one_item_out_or_in_dirties_it_and_those_that_name_it(model: Model, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*model.items]))
    without = replace(
        model,
        items={id_: part for id_, part in model.items.items() if id_ != name},
        checks={id_: body for id_, body in model.checks.items() if id_ != name},
    )
    full, less = spec_of(model), spec_of(without)
    gone, back = compare(full, less), compare(less, full)
    assert (gone.removed, back.added) == ((name,), (name,))
    assert dirty(gone, less) == model.leaning_on(name) - {name}
    assert dirty(back, full) == model.leaning_on(name)


@settings(deadline=None, max_examples=60)
@given(models(), st.data())
def test_an_edit_of_a_check_dirties_nothing_until_it_is_red(model: Model, data: st.DataObject) -> None:
    id_ = data.draw(st.sampled_from([*model.items]))
    before = spec_of(model)
    after = spec_of(replace(model, checks={**model.checks, id_: "assert 100"}))
    changes = compare(before, after)
    assert dirty(changes, after) == frozenset()
    assert changes.checks_added + changes.checks_changed == (f"{id_}.c1",)
    assert dirty(changes, after, red={f"{id_}.c1"}) == {id_}


texts = st.text(max_size=12)
hashes = st.text("0123456789abcdef", min_size=1, max_size=8)
ids = st.sampled_from([f"{letter}{n}" for letter in "REPQ" for n in (1, 2, 10, 11)])
tuples = st.lists(texts, max_size=3).map(tuple)
numbers = st.floats(0, 1e9) | st.integers(0, 10**9).map(float)


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    tasks = draw(
        st.lists(
            st.builds(
                LockedTask,
                id=st.integers(1, 99).map(lambda n: f"T{n}"),
                team=texts,
                title=texts,
                goal=texts,
                requirements=st.lists(ids, max_size=3).map(tuple),
                owns=tuples,
                needs=tuples,
                checks=tuples,
                minutes=numbers,
                action_key=hashes,
                commit=hashes | st.just(""),
                paths=tuples,
                run=texts,
            ),
            max_size=4,
            unique_by=lambda task: task.id,
        )
    )
    row = st.builds(
        LockedEvidence,
        check=st.sampled_from(["R1.c1", "R1.c2", "R2.t1", "tests/test_a.py::test_b", "-"]),
        check_key=hashes,
        requirements=st.dictionaries(ids, hashes, max_size=2),
        level=st.sampled_from(["V0", "V1", "V2", "V3"]),
        result=texts,
        base=st.sampled_from(["red", "green", "unknown"]),
        killed=texts,
        task=st.sampled_from(["", "T1", "T2"]),
        commit=hashes,
        tree=hashes,
        touched=tuples,
        digest=hashes,
        seconds=numbers,
        env=texts,
        at=numbers,
    )
    return replace(
        lock_spec(spec_of(draw(models()))),
        tombstones=draw(st.dictionaries(ids.map(lambda id_: f"{id_}9"), hashes, max_size=3)),
        answers=tuple(draw(st.lists(st.builds(LockedAnswer, question=texts, answer=texts, by=texts), max_size=3))),
        teams=tuple(draw(st.lists(st.builds(LockedTeam, id=texts), max_size=2, unique_by=lambda team: team.id))),
        tasks=tuple(tasks),
        evidence=tuple(draw(st.lists(row, max_size=5))),
    )


@settings(deadline=None, max_examples=150)
@given(locks())
def test_a_lock_is_read_as_it_was_written(lock: Lock) -> None:
    text = write_lock(lock)
    again = read_lock(text)
    assert again == lock
    assert (write_lock(again), again.digest) == (text, lock.digest)


def branch(lock: Lock, names: set[str], label: str) -> Lock:
    """What a run of an edited spec adds to its lock: a task and evidence for each item that it touched."""
    number = max((int(task.id[1:]) for task in lock.tasks), default=0)
    tasks = [
        LockedTask(
            id=f"T{number + n}", team="core", title=label, requirements=(id_,), run=label, commit=f"{label}{id_}"
        )
        for n, id_ in enumerate(sorted(names), 1)
    ]
    rows = [
        LockedEvidence(
            check=f"{id_}.c1",
            check_key=lock.checks.get(f"{id_}.c1", ""),
            requirements={id_: lock.requirement_keys[id_]},
            level="V2",
            result="passed",
            task=task.id,
            commit=task.commit,
        )
        for id_, task in zip(sorted(names), tasks, strict=True)
    ]
    older = tuple(row for row in lock.evidence if names.isdisjoint(row.requirements))
    return replace(lock, tasks=lock.tasks + tuple(tasks), evidence=(*older, *rows))


def merged(folder: Path, base: str, ours: str, theirs: str) -> tuple[int, str]:
    """Git's own three-way merge of a file; the number of its conflicts, and what it left."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text, encoding="utf-8")
    argv = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@settings(deadline=None, max_examples=80)
@given(models(), st.data())
def test_locks_of_branches_that_touch_different_items_merge(
    tmp_path_factory: pytest.TempPathFactory, model: Model, data: st.DataObject
) -> None:
    parts = [*model.terms, *model.functions, *model.items]
    one = data.draw(st.sampled_from(parts))
    apart = [name for name in parts if not model.leaning_on(one) & model.leaning_on(name) and name != one]
    if not apart:
        return
    other = data.draw(st.sampled_from(apart))
    base = branch(lock_spec(spec_of(model)), set(model.items), "first")
    ours, theirs, both = (
        lock_spec(spec_of(changed), previous=base)
        for changed in (edited(model, one), edited(model, other), edited(edited(model, one), other))
    )
    ours, theirs = branch(ours, model.leaning_on(one), "ours"), branch(theirs, model.leaning_on(other), "theirs")
    folder = tmp_path_factory.mktemp("merge")
    conflicts, text = merged(folder, write_lock(base), write_lock(ours), write_lock(theirs))
    assert conflicts == 0
    lock = read_lock(text)
    assert (lock.items, lock.checks, lock.digest) == (both.items, both.checks, both.digest)
    assert (
        len({task.id for task in lock.tasks})
        == len(lock.tasks)
        == len(ours.tasks) + len(theirs.tasks) - len(base.tasks)
    )
    commits = {task.id: task.commit for task in lock.tasks}
    assert all(commits[row.task] == row.commit for row in lock.evidence)
    assert {row.commit for row in lock.evidence} >= {f"ours{id_}" for id_ in model.leaning_on(one)}


@settings(deadline=None, max_examples=60)
@given(models(), st.data())
def test_locks_of_a_branch_that_adds_and_one_that_takes_out_merge(
    tmp_path_factory: pytest.TempPathFactory, model: Model, data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from([*model.items]))
    letter = data.draw(st.sampled_from(["R", "E"]))
    alone = [name for name in model.items if name[0] == letter and name != gone and not model.leaning_on(gone) & {name}]
    fresh = Part(words=("indeed",), uses=tuple(alone[:1]))

    def added(items: dict[str, Part]) -> dict[str, Part]:
        return {**items, f"{letter}99": fresh}

    def less(parts: dict[str, Part]) -> dict[str, Part]:
        return {id_: part for id_, part in parts.items() if id_ != gone}

    checks = {id_: body for id_, body in model.checks.items() if id_ != gone}
    base = branch(lock_spec(spec_of(model)), set(model.items), "first")
    ours = lock_spec(spec_of(replace(model, items=added(model.items))), previous=base)
    theirs = lock_spec(spec_of(replace(model, items=less(model.items), checks=checks)), previous=base)
    both = lock_spec(spec_of(replace(model, items=added(less(model.items)), checks=checks)), previous=base)
    ours = branch(ours, {f"{letter}99"}, "ours")
    conflicts, text = merged(tmp_path_factory.mktemp("merge"), write_lock(base), write_lock(ours), write_lock(theirs))
    assert conflicts == 0
    lock = read_lock(text)
    assert (lock.digest, lock.tombstones) == (both.digest, both.tombstones)
