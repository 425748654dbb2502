"""Which guides a prompt gets: by role, paths and words, within a budget."""

from dataclasses import replace

import pytest
from agentctl.guides.choose import ENOUGH, Subject, general, scored_for, topical
from agentctl.guides.load import Guide, shipped
from agentctl.guides.words import stem, stems_of, weighed

PYTHON = Guide(name="python", description="d", text="x" * 330, globs=("*.py",), roles=("worker",))
GO = Guide(name="go", description="d", text="g" * 330, globs=("*.go",))
ALWAYS = Guide(name="always", description="d", text="y" * 330)
LOCKS = Guide(name="locks", description="d", text="z" * 330, keywords=("lock", "thread pool"))
LESSON = Guide(name="r-t1", description="Empty fields", text="w" * 33, globs=("src/log.py",), kind="lesson")


def names(guides: object) -> list[str]:
    return [getattr(each, "guide", each).name for each in guides]  # type: ignore[attr-defined]


def about(text: str, *paths: str, role: str = "worker") -> Subject:
    return Subject(role=role, paths=paths, words=weighed((text, 1.0)))


@pytest.mark.parametrize(
    ("paths", "role", "budget", "chosen"),
    [
        (["src/deep/a.py"], "worker", 200, ["python", "always"]),
        (["src/a.ts"], "worker", 200, ["always"]),
        (["src/a.py"], "lead", 200, ["always"]),
        ([], "worker", 200, ["always"]),
        (["a.py"], "worker", 100, ["python"]),
        (["a.py"], "worker", 99, []),
        (["a.py", "b.go", "c.go"], "worker", 300, ["go", "python", "always"]),
        (["a.py", *(f"{n}.go" for n in range(9))], "worker", 300, ["go", "always"]),
    ],
)
def test_general_guides_go_by_role_languages_and_room(
    paths: list[str], role: str, budget: int, chosen: list[str]
) -> None:
    guides = (PYTHON, GO, ALWAYS, LOCKS, LESSON)
    assert names(general(guides, role=role, paths=paths, budget=budget)) == chosen


def test_general_guides_do_not_depend_on_the_order_in_which_they_are_given() -> None:
    paths = ["a.py", "b.go"]
    one = general((PYTHON, GO, ALWAYS), role="worker", paths=paths)
    assert one == general((ALWAYS, GO, PYTHON), role="worker", paths=paths[::-1])


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Store the todos in an SQLite table; titles are unique; number the migrations", ["sql-and-migrations"]),
        ("`POST /todos` answers with 201 and the JSON of the todo", ["api-design"]),
        ("Add the flag `--json` to the command `list`, printed to stdout", ["cli-design"]),
        ("Retry the call with backoff and a timeout", ["distributed-systems"]),
        ("Hash passwords at login and issue a session token", ["security"]),
        ("Run the jobs in a worker pool, let a person cancel them", ["concurrency"]),
        ("Import files of 2 GB with 100 MB of memory", ["performance"]),
        ("Correct the spelling in the README", []),
        ("Parse lines of the log into records; raise ValueError for a wrong one", []),
        ("Sum minutes per project from a CSV time sheet", []),
    ],
)
def test_a_task_gets_the_guide_of_its_subject_and_others_get_none(text: str, chosen: list[str]) -> None:
    assert names(topical(shipped(), about(text)))[:1] == chosen


def test_the_best_guide_comes_first_and_what_does_not_fit_is_left_out() -> None:
    subject = about("HTTP endpoint, request, response, status code; store rows in a table of a database, sql query")
    both = topical(shipped(), subject, budget=1_200)
    assert names(both) == ["api-design", "sql-and-migrations"]
    assert both[0].score >= both[1].score >= ENOUGH
    assert names(topical(shipped(), subject, budget=600)) == ["api-design"]


def test_words_of_the_rest_of_the_spec_alone_choose_nothing() -> None:
    words = weighed(("Write the readme", 1.0), ("a table, a row, an sql query, a database", 0.2))
    assert topical(shipped(), Subject(role="worker", words=words)) == ()


def test_a_critic_gets_what_critics_read_and_a_worker_does_not() -> None:
    assert names(general(shipped(), role="critic", paths=["a.py"])) == ["python", "errors", "reviewing"]
    assert names(general(shipped(), role="worker", paths=["a.py"])) == ["python", "errors", "tests"]


def test_a_language_that_few_files_have_is_for_the_tasks_that_touch_it() -> None:
    guides = (PYTHON, GO)
    assert names(topical(guides, about("x", "cmd/main.go"))) == ["go"]
    assert topical(guides, about("x", "web/app.ts")) == ()


def test_a_lesson_is_for_tasks_that_touch_its_paths_and_comes_before_a_guide_of_equal_score() -> None:
    choices = topical((GO, replace(LESSON, globs=("*.go",))), about("x", "a.go"))
    assert names(choices) == ["r-t1", "go"]
    assert choices[0].why == ("a.go",)
    assert topical((LESSON,), about("Empty fields", "src/other.py")) == ()


def test_a_phrase_counts_only_if_all_of_its_words_are_there() -> None:
    assert scored_for(LOCKS, about("a thread takes the lock")).score == 1.0
    assert scored_for(LOCKS, about("a pool of threads takes the locks")).score == 2.0


@pytest.mark.parametrize(
    "forms",
    [
        ("retry", "retries", "retried"),
        ("cache", "caches", "cached", "caching"),
        ("plan", "plans", "planned", "planning"),
        ("index", "indexes"),
        ("process", "processes"),
        ("query", "queries"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_identifiers_have_their_parts_and_common_words_do_not_count() -> None:
    assert stems_of("parseLines the SQLite") >= {"pars", "line", "sqlit"}
    assert "the" not in stems_of("parseLines the SQLite")
