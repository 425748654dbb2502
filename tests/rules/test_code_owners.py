"""Who owns which file, as CODEOWNERS says."""

from agentctl.orchestrator.rules.code_owners import nobody, of_all, owners

TEXT = """\
# the last line that fits counts
*             @org/all
/src/core/    @ada ada@example.org
*.md          @writers
/src/free/
[broken       @evil
docs/a\\ b.md @spaces
"""


def test_the_last_line_that_fits_says_who_owns_a_file() -> None:
    of = owners(TEXT)
    assert of("setup.cfg") == {"@org/all"}
    assert of("src/core/x.py") == {"@ada", "ada@example.org"}
    assert of("src/core/README.md") == {"@writers"}
    assert of("src/free/x.py") == frozenset()
    assert of("docs/a b.md") == {"@spaces"}


def test_a_line_that_cannot_be_read_owns_nothing_and_spoils_nothing() -> None:
    assert owners("*a" * 9 + " @slow\n* @ok\n")("a" * 200) == {"@ok"}
    assert owners("[broken @evil\n[z-a] @evil\n* @ok\n")("x") == {"@ok"}


def test_nobody_owns_what_no_file_names() -> None:
    assert nobody("x") == frozenset()
    assert owners("")("x") == frozenset()


def test_owners_of_several_files_are_all_of_them() -> None:
    assert of_all(["src/core/x.py", "a.md"], owners(TEXT)) == {"@ada", "ada@example.org", "@writers"}
