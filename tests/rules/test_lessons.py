"""Which lessons a run holds."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.events import SCHEMA, Event, Judged, Patched
from agentctl.orchestrator.nouns.hand_facts import Steered, Submitted
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Task
from agentctl.orchestrator.nouns.questions import Asked, Question
from agentctl.orchestrator.nouns.runs import AttemptStatus, Landing
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.rules.asking import TAKEN_OVER
from agentctl.orchestrator.rules.lessons import (
    FileChange,
    Proposal,
    Word,
    changes_of,
    places_of,
    proposals,
    text_of,
    words_of,
)

TASK = Task(id="T1", team="core", title="Parse\nlines", goal="g", owns=("src/**",))
FIRST = AttemptStatus(
    key=AttemptKey(task="T1"), state="failed", rung="flash", base_tree="b", tree="t1", reason="It gave up."
)
SECOND = AttemptStatus(key=AttemptKey(task="T1", attempt=2), state="landed", rung="pro", base_tree="b", tree="t2")
WORD = Word(task="T1", at=5, by="person:Ada", text="Keep empty fields.")


def landing(key: AttemptKey) -> Landing:
    return Landing(order=1, key=key, commit="c", tree="t", patch="p", at=1.0)


def red(seq: int, key: AttemptKey, tree: str, reason: str) -> Event:
    fact = Judged(verdict=Verdict(tree=tree, gate="g", passed=False, reasons=(reason, "more")), report="r", key=key)
    return Event(seq=seq, at=1.0, author="gate", cause=None, schema=SCHEMA, fact=fact)


def of(*attempts: AttemptStatus, events: tuple[Event, ...] = (), words: tuple[Word, ...] = ()) -> tuple[Proposal, ...]:
    landed = [landing(each.key) for each in attempts if each.state == "landed"]
    return proposals(run="k7m2xq", tasks=[TASK], attempts=attempts, landings=landed, events=events, words=words)


def test_what_a_stronger_tier_put_right_is_a_lesson_with_the_last_red_verdict() -> None:
    events = (red(1, FIRST.key, "t0", "old"), red(2, FIRST.key, "t1", "test_empty failed"))
    assert of(FIRST, SECOND, events=events) == (
        Proposal(
            id="k7m2xq-t1",
            run="k7m2xq",
            task=TASK,
            failed=FIRST.key,
            rung="flash",
            reason="test_empty failed",
            by="pro",
            fixed=SECOND.key,
            trees=("t1", "t2"),
        ),
    )


def test_without_a_verdict_the_attempts_own_reason_stands() -> None:
    (found,) = of(replace(FIRST, tree=None), SECOND)
    assert (found.reason, found.trees) == ("It gave up.", None)


@pytest.mark.parametrize(
    "attempts",
    [
        (SECOND,),
        (FIRST, replace(SECOND, rung="flash")),
        (FIRST, replace(SECOND, rung="flash*3")),
        (replace(FIRST, clash=True), SECOND),
        (FIRST, replace(SECOND, state="failed")),
        (replace(FIRST, rung="pro"), SECOND),
    ],
)
def test_where_nobody_stronger_put_it_right_there_is_no_lesson(attempts: tuple[AttemptStatus, ...]) -> None:
    assert of(*attempts) == ()


def test_rollouts_that_failed_count_and_the_last_one_is_named() -> None:
    one = replace(FIRST, key=AttemptKey(task="T1", rollout=1), rung="flash*3")
    two = replace(one, key=AttemptKey(task="T1", rollout=2))
    (found,) = of(one, two, SECOND)
    assert (found.failed, found.by) == (two.key, "pro")


def test_who_is_no_tier_is_a_person() -> None:
    (found,) = of(FIRST, replace(SECOND, rung="person"))
    assert found.by == "person:someone"


def test_what_a_person_said_after_a_red_gate_is_a_lesson_of_the_same_attempt() -> None:
    landed = replace(SECOND, rung="flash")
    events = (red(3, SECOND.key, "t1", "before"), red(7, SECOND.key, "t9", "after"))
    (found,) = of(landed, events=events, words=(WORD,))
    assert (found.by, found.said, found.reason, found.trees) == ("person:Ada", WORD.text, "before", ("t1", "t2"))


def test_a_patch_that_a_person_wrote_is_a_lesson_under_their_name() -> None:
    patched = Event(
        seq=5,
        at=1.0,
        author="person:Ada",
        cause=None,
        schema=SCHEMA,
        fact=Patched(key=SECOND.key, patch="p", tree="t2"),
    )
    (same,) = of(replace(SECOND, rung="flash"), events=(red(3, SECOND.key, "t1", "before"), patched))
    assert (same.by, same.said, same.reason, same.trees) == ("person:Ada", "", "before", ("t1", "t2"))
    (later,) = of(FIRST, replace(SECOND, rung="person"), events=(red(3, FIRST.key, "t1", "before"), patched))
    assert (later.by, later.failed, later.reason) == ("person:Ada", FIRST.key, "before")


def test_a_sentence_to_a_worker_and_a_tree_that_was_handed_in_are_lessons() -> None:
    def said(seq: int, fact: Steered | Submitted) -> Event:
        return Event(seq=seq, at=1.0, author="person:Ada", cause=None, schema=SCHEMA, fact=fact)

    steered = said(4, Steered(task="T1", text="Keep empty fields."))
    (found,) = of(replace(SECOND, rung="flash"), events=(red(3, SECOND.key, "t1", "before"), steered))
    assert (found.by, found.said, found.reason) == ("person:Ada", "Keep empty fields.", "before")
    handed = Submitted(task="T1", attempt=2, base_tree="b", tree="t2", patch="p", author="Ada <ada@example.org>")
    taken = replace(FIRST, state="lost", reason="Ada took it.")
    (found,) = of(taken, replace(SECOND, rung="person"), events=(steered, said(9, handed)))
    assert (found.by, found.said, found.reason) == ("person:Ada", "Keep empty fields.", "Ada took it.")
    assert found.trees == ("t1", "t2")


def test_what_a_person_said_before_anything_failed_is_none() -> None:
    assert of(replace(SECOND, rung="flash"), words=(WORD,)) == ()
    assert of(replace(SECOND, rung="flash"), words=(replace(WORD, task="T2"),)) == ()


def test_only_peoples_own_words_to_a_stuck_task_count() -> None:
    def asked(key: str, answer: str | None, by: str = "person:Ada") -> Asked:
        return Asked(
            id="Q1", question=Question(key=key, kind="escalation", text="x"), at=1.0, answer=answer, answered_by=by
        )

    questions = [
        asked("stuck:T1:2", "Keep empty fields."),
        asked("stuck:T1:3", "try again"),
        asked("stuck:T1:4", "drop the task"),
        asked("stuck:T1:5", None),
        asked("stuck:T1:6", "Do it.", "policy:autonomy"),
        asked("stuck:T1:7", TAKEN_OVER),
        asked("stuck:T1:clash:8", "Theirs holds."),
        asked("budget:0", "raise"),
    ]
    assert list(words_of(questions)) == [replace(WORD, at=0)]


DIFF = """\
diff --git a/src/log.py b/src/log.py
index 1..2 100644
--- a/src/log.py
+++ b/src/log.py
@@ -1,3 +1,3 @@ def parse
 same
-    return [part for part in parts if part]
+    return list(parts)

diff --git a/tests/test_log.py b/tests/test_log.py
new file mode 100644
--- /dev/null
+++ b/tests/test_log.py
@@ -0,0 +1,4 @@
+one
+two
+
+three
diff --git a/logo.png b/logo.png
Binary files a/logo.png and b/logo.png differ
"""


def test_a_diff_comes_to_its_changed_lines_the_smallest_file_first() -> None:
    assert changes_of(DIFF) == (
        FileChange(
            path="src/log.py", lines=("-    return [part for part in parts if part]", "+    return list(parts)")
        ),
        FileChange(path="tests/test_log.py", lines=("+one", "+two", "+three")),
    )
    assert changes_of("") == ()


def test_the_text_says_what_failed_what_was_said_and_what_the_fix_changed() -> None:
    (found,) = of(FIRST, SECOND, events=(red(2, FIRST.key, "t1", "```\nassert ['a'] == ['a', '']"),), words=(WORD,))
    text = text_of(found, changes_of(DIFF))
    assert text == (
        "flash got this wrong in run k7m2xq, and pro put it right.\n\n"
        "It failed with:\n\n````\n```\nassert ['a'] == ['a', '']\n````\n\n"
        "What a person said: Keep empty fields.\n\n"
        "What the fix changed:\n\n```diff\nsrc/log.py:\n-    return [part for part in parts if part]\n"
        "+    return list(parts)\ntests/test_log.py:\n+one\n+two\n+three\n```\n"
    )


def test_a_text_stays_short_whatever_happened() -> None:
    (found,) = of(
        FIRST, SECOND, events=(red(2, FIRST.key, "t1", "word " * 5_000),), words=(replace(WORD, text="w " * 900),)
    )
    big = tuple(FileChange(path=f"src/f{n}.py", lines=("+" + "x" * 900,) * 30) for n in range(9))
    text = text_of(found, big)
    assert len(text) < 4_200
    assert "[... 250 more lines]" in text


def test_a_lesson_is_about_what_the_fix_changed_or_what_the_task_owns() -> None:
    (found,) = of(FIRST, SECOND)
    assert places_of(changes_of(DIFF), found) == ("src/log.py", "tests/test_log.py")
    assert places_of((), found) == ("src/**",)
