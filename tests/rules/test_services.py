import subprocess
from pathlib import Path

import pytest
from agentctl.orchestrator.rules.services import FIRST_PORT, env_file, filled, numbered
from hypothesis import given
from hypothesis import strategies as st

PORTS = {"redis": 20_001, "pg": 5432}
ONE_LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((), ()),
        ((None, None), (20_001, 20_002)),
        ((None, 5432, None), (20_001, 5432, 20_002)),
        ((None, 20_001, None), (20_002, 20_001, 20_003)),
    ],
)
def test_ports_come_from_one_block_and_pass_over_those_that_are_named(
    wanted: tuple[int | None, ...], expected: tuple[int, ...]
) -> None:
    assert numbered(wanted) == expected


@given(st.lists(st.none() | st.integers(FIRST_PORT - 2, FIRST_PORT + 8), max_size=8))
def test_who_names_no_port_gets_one_of_its_own(wanted: list[int | None]) -> None:
    found = numbered(wanted)
    assert all(port in (None, number) for port, number in zip(wanted, found, strict=True))
    given_out = [number for port, number in zip(wanted, found, strict=True) if port is None]
    assert len({*given_out}) == len(given_out)
    assert {*given_out}.isdisjoint(each for each in wanted if each is not None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("redis://127.0.0.1:{port}/0", "redis://127.0.0.1:7/0"),
        ("{port:redis} {port:pg}", "20001 5432"),
        ("{tmp}/data", "/t/data"),
        ("${port} ${tmp} $x{tmp}", "${port} ${tmp} $x/t"),
        ("awk '{print}' {a,b} {} {ports} {\"tmp\": 1}", "awk '{print}' {a,b} {} {ports} {\"tmp\": 1}"),
    ],
)
def test_words_in_braces_are_told_and_what_is_the_shells_stays(text: str, expected: str) -> None:
    assert filled(text, ports=PORTS, port=7, tmp="/t") == expected


@pytest.mark.parametrize(("text", "why"), [("{port}", "{port:NAME}"), ("{port:other}", "no service 'other'")])
def test_a_port_of_nobody_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="port") as refused:
        filled(text, ports=PORTS)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("redis://127.0.0.1:20001/0", "redis://127.0.0.1:20001/0"),
        ("", ""),
        ("two words", "'two words'"),
        ("a#b $HOME", "'a#b $HOME'"),
        ("it's $5", '"it\'s \\$5"'),
    ],
)
def test_a_file_of_variables_quotes_what_has_to_be(value: str, line: str) -> None:
    assert env_file({"B": "1", "A": value}) == f"A={line}\nB=1\n".encode()


def test_a_shell_reads_every_value_of_the_file_as_it_was_written(tmp_path: Path) -> None:
    values = ["a b", "it's", 'say "x"', "$HOME", 'it\'s $HOME \\n "y"', "#no", "~", "a=b;c&d|e", "ü", "\\"]
    (tmp_path / "file").write_bytes(env_file({f"V{number}": value for number, value in enumerate(values)}))
    names = " ".join(f'"$V{number}"' for number in range(len(values)))
    script = f". ./file; printf '%s\\n' {names}"
    done = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == values


@given(ONE_LINE)
def test_a_variable_is_one_line_of_the_file(value: str) -> None:
    assert len(env_file({"A": value}).decode().split("\n")) == 2
