import pytest
from agentctl.specs.parse import parse
from agentctl.specs.performance import Bar, Unmeasurable, bars, figure, holds


def read(*sentences: str) -> tuple[Bar | Unmeasurable, ...]:
    lines = [f"- **P{number}** {sentence}" for number, sentence in enumerate(sentences, 1)]
    return bars(parse("\n".join(["# a", "## Performance", *lines])))


def test_the_bars_of_the_full_example(ratelog: str) -> None:
    found = bars(parse(ratelog))
    command = "ratelog tests/data/1m.log --window 60 --limit 100"
    assert found == (
        Bar(
            id="P1",
            metric="wall",
            op="<=",
            bound=3.0,
            unit="s",
            stat="median",
            runs=5,
            machine="2 cores",
            command=command,
            line=found[0].line,
        ),
        Bar(
            id="P2",
            metric="peak memory",
            op="<=",
            bound=150.0,
            unit="MB",
            stat="median",
            runs=5,
            machine="2 cores",
            command=command,
            line=found[1].line,
        ),
    )


@pytest.mark.parametrize(
    ("sentence", "want"),
    [
        ("`c` MUST take at most 200 ms (p95 of 100 runs) on CI.", ("wall", "<=", 0.2, "p95", 100, "CI", 0)),
        ("`c` MUST use less than 1.5 min CPU (best of 3) on 2 cores", ("cpu", "<", 90.0, "min", 3, "2 cores", 0)),
        (
            "`c` MUST process at least 10,000 rows/s (worst of 3, 1 warm-up) on a laptop. It has 4 cores.",
            ("throughput", ">=", 10_000.0, "min", 3, "a laptop", 1),
        ),
        ("`c` MUST write over 5 MB/s (average of 4) on `x86`.", ("throughput", ">", 5e6, "mean", 4, "x86", 0)),
        (
            "`c` MUST answer \u2265 50 requests per second (min of 2) on CI",
            ("throughput", ">=", 50.0, "min", 2, "CI", 0),
        ),
        (
            "The heap of `c` MUST NOT exceed 2 GiB (max of 2) on CI",
            ("peak memory", "<=", 2.0 * 2**30, "max", 2, "CI", 0),
        ),
        ("The size of `dist/a.js` MUST be below 100 kB.", ("size", "<", 1e5, "max", 1, "", 0)),
        ("`c` MUST finish in 3 s (median of 5) on CI", ("wall", "<=", 3.0, "median", 5, "CI", 0)),
    ],
)
def test_natural_wordings_are_understood(sentence: str, want: tuple[object, ...]) -> None:
    (bar,) = read(sentence)
    assert isinstance(bar, Bar), bar
    assert (bar.metric, bar.op, bar.limit, bar.stat, bar.runs, bar.machine, bar.warmups) == want
    assert bar.command in {"c", "dist/a.js"}


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("It must be fast.", ("command", "bound", "statistic", "machine")),
        ("`c` MUST take <= 3 s.", ("statistic", "machine")),
        ("`c` MUST need <= 3 MB (median of 3) on CI", ("metric",)),
        ("`c` MUST print one line on stdout in 5 lines.", ("bound", "statistic")),
        ("Startup MUST take <= 3 s (median of 3) on CI", ("command",)),
    ],
)
def test_what_a_bar_does_not_say_is_named(sentence: str, missing: tuple[str, ...]) -> None:
    assert read(sentence) == (Unmeasurable(id="P1", line=3, missing=missing),)


def test_a_bar_has_what_it_does_not_say_from_the_one_it_refers_to() -> None:
    first, second = read("`c` MUST take <= 3 s (median of 5) on CI", "P1 MUST use <= 2 s CPU (best of 7)")
    assert isinstance(second, Bar)
    assert (second.command, second.machine, second.stat, second.runs) == ("c", "CI", "min", 7)
    assert isinstance(first, Bar)


@pytest.mark.parametrize(
    ("stat", "value"),
    [("median", 2.5), ("mean", 3.5), ("min", 1.0), ("max", 8.0), ("p50", 2.0), ("p95", 8.0), ("p01", 1.0)],
)
def test_statistics(stat: str, value: float) -> None:
    assert figure([8.0, 1.0, 3.0, 2.0], stat) == value


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"), [("<=", 1, 1, 0), ("<", 1, 0, 0), (">=", 0, 1, 1), (">", 0, 0, 1)]
)
def test_a_bound_is_held_as_it_is_written(op: str, below: int, equal: int, above: int) -> None:
    (bar,) = read(f"`c` MUST take {op} 2 ms (median of 5) on CI")
    assert isinstance(bar, Bar)
    assert [holds(bar, value) for value in (0.001, 0.002, 0.003)] == [bool(below), bool(equal), bool(above)]
