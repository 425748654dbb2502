"""Ids in letters that look like those of ids: full-width ones, those of other alphabets, digits of other scripts."""

import pytest
from agentctl.specs.fixes import fix
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse

IDS = ["\uff32\uff14", "R\uff14", "\uff324", "R\u0664"]
LIST = "# a\n\n- **R1** It MUST end.\n"


@pytest.mark.parametrize("written", IDS)
@pytest.mark.parametrize("mark", ["**", ""])
def test_an_id_in_other_letters_is_a_near_miss(written: str, mark: str) -> None:
    text = f"{LIST}- {mark}{written}{mark}{'' if mark else ':'} It MUST print `1`.\n"
    (found,) = [finding for finding in lint(parse(text)) if finding.code == "SPF016"]
    assert (found.severity, found.line, found.col) == ("warning", 4, 3 + len(mark))
    assert f"`{written}` is not read as an id: an item begins with **R4**" in found.message


@pytest.mark.parametrize("written", ["\u04151", "\u03951"])
def test_so_is_one_with_a_letter_of_another_alphabet(written: str) -> None:
    text = f"{LIST}- **{written}** It MUST print `1`.\n"
    assert [finding.line for finding in lint(parse(text)) if finding.code == "SPF016"] == [4]


@pytest.mark.parametrize("written", IDS)
def test_where_requirements_are_listed_it_is_read_as_one_and_a_fix_writes_it_so(written: str) -> None:
    text = f"# a\n\n## Requirements\n\n- **{written}** It MUST print `1`.\n"
    spec = parse(text)
    assert list(spec.items) == ["R4"]
    assert [(found.code, found.target) for found in spec.diagnostics] == [("SPI003", "R4")]
    assert fix(text, name="a.md").text == "# a\n\n## Requirements\n\n- **R4** It MUST print `1`.\n"


def test_words_of_other_scripts_are_left_alone() -> None:
    text = f"{LIST}- **\u0420\u0443\u0441** It MUST print `1`.\n- \u6f22\u5b57\uff14 MUST be read.\n"
    assert [finding for finding in lint(parse(text)) if finding.code == "SPF016"] == []
