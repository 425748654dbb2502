"""The file of lessons: read, added to, and edited by hand."""

from dataclasses import replace

from agentctl.guides.lessons import FILE, HEADER, as_section, parse_lessons, with_lesson, without_lesson
from agentctl.guides.load import Guide

LESSON = Guide(
    name="k7m2xq-t1",
    description="Keep empty fields",
    text="flash dropped them.\n\n```diff\n-## not: a heading\n+kept\n```\n",
    globs=("src/log.py", "src/**/*.{py,pyi}"),
    roles=("worker",),
    kind="lesson",
    place=FILE,
)
OTHER = replace(LESSON, name="k7m2xq-t2", description="Sort", text="Sort it.\n", globs=())


def test_what_is_written_is_read_again() -> None:
    text = with_lesson(with_lesson("", LESSON), OTHER)
    assert text.startswith(HEADER)
    assert parse_lessons(text) == (LESSON, OTHER)


def test_a_lesson_that_is_there_is_replaced_in_its_place() -> None:
    text = with_lesson(with_lesson("", LESSON), OTHER)
    changed = replace(LESSON, text="Shorter.\n")
    assert parse_lessons(with_lesson(text, changed)) == (changed, OTHER)
    assert parse_lessons(with_lesson(text, replace(OTHER, text="A.\n"))) == (LESSON, replace(OTHER, text="A.\n"))


def test_a_lesson_can_be_taken_out() -> None:
    text = with_lesson(with_lesson("", LESSON), OTHER)
    assert parse_lessons(without_lesson(text, LESSON.name)) == (OTHER,)
    assert without_lesson(text, OTHER.name) == with_lesson("", LESSON)
    assert without_lesson(text, "none") == text


def test_what_a_person_writes_around_lessons_is_left_alone() -> None:
    text = "# Ours\n\nA word.\n\n## A heading of ours\n\nMore.\n\n" + as_section(OTHER).replace("\n", "\r\n")
    assert parse_lessons(text) == (OTHER,)
    assert with_lesson(text, LESSON).startswith("# Ours\n\nA word.\n\n## A heading of ours\n\nMore.\n")
