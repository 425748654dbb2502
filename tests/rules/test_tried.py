"""What the next rung hears of the attempts before it."""

from agentctl.orchestrator.rules.tried import Change, all_told, attempt_told, changed

DIFF = """\
diff --git a/src/a.py b/src/a.py
--- a/src/a.py
+++ b/src/a.py
@@ -1 +1,2 @@
-one
+two
+three
"""


def test_an_attempt_tells_why_it_ended_what_was_red_and_what_it_changed() -> None:
    told = attempt_told(
        reason="It used all of its turns.", failures=("tests/a.py::t failed:\nassert 1 == 2",), diff=DIFF
    )
    assert told.splitlines()[:4] == [
        "It used all of its turns.",
        "Red at the end:",
        "- tests/a.py::t failed:",
        "assert 1 == 2",
    ]
    assert "It had changed src/a.py (+2 -1):" in told
    assert "+three" in told


def test_a_failure_that_the_reason_names_is_told_once() -> None:
    told = attempt_told(reason="The gate is red:\na failed", failures=("a failed",), diff="")
    assert told == "The gate is red:\na failed\nIt had changed nothing."


def test_the_room_is_shared_out_evenly_however_many_were_tried() -> None:
    tried = [(f"Attempt 1, rollout {n} (flash*8)", str(n) * 5_000) for n in range(1, 9)]
    told = all_told(tried, limit=4_800)
    assert len(told) <= 4_800
    assert [told.count(str(n) * 100) > 0 for n in range(1, 9)] == [True] * 8
    assert told == all_told(tried, limit=4_800)


def test_a_short_reason_is_told_as_it_is() -> None:
    assert all_told([("Attempt 1 (flash)", "red")]) == "Attempt 1 (flash): red"


def test_changes_are_counted_by_path() -> None:
    assert changed(DIFF) == (Change(path="src/a.py", added=2, removed=1),)
    assert changed("") == ()
