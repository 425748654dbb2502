"""What is read of a commit of the forge's merge queue."""

import pytest
from agentctl.orchestrator.nouns.delivery import Opened
from agentctl.orchestrator.rules.merge_groups import in_group

QUEUE = "gh-readonly-queue/main/pr-{}-" + "0" * 40


def pull(number: int, *, state: str = "open") -> Opened:
    return Opened(name=f"s{number}", number=number, url="", head=f"{number}" * 40, base="main", state=state)  # type: ignore[arg-type]


OURS = (pull(3), pull(4), pull(5, state="merged"))


@pytest.mark.parametrize(
    ("branch", "commits", "found"),
    [
        (QUEUE.format(9), [], []),
        (QUEUE.format(3), [], [3]),
        ("gh-readonly-queue/release/pr-7/pr-4-0123", [], [4]),
        (QUEUE.format(9), [("3" * 40, "x"), ("a" * 40, "Merge pull request #9 from b")], [3]),
        (QUEUE.format(9), [("b" * 40, "Add it (#4)\n\nbody (#3)"), ("c" * 40, "More (#9)")], [4]),
        (QUEUE.format(9), [("b" * 40, "Merge pull request #3 from agentctl/x/y\n\nS")], [3]),
        (QUEUE.format(9), [("b" * 40, "As in (#4) it is"), ("c" * 40, "merge #3")], []),
        (QUEUE.format(5), [("5" * 40, "x (#5)")], []),
        ("main", [], []),
    ],
)
def test_which_pull_requests_a_group_holds(branch: str, commits: list[tuple[str, str]], found: list[int]) -> None:
    assert [each.number for each in in_group(branch, commits, OURS)] == found
