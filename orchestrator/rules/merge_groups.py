"""Which of our pull requests are in a commit that the forge's own merge queue made. Pure.

By its commits where the queue merges, which keeps ours as they are; by the numbers that the queue writes where it
squashes or rebases: of the last one in the name of the branch, of each in the first line of its commit.
"""

import re
from collections.abc import Sequence

from ..nouns.delivery import Opened

_BRANCH = re.compile(r"gh-readonly-queue/.+/pr-(?P<number>[1-9]\d{0,8})-[0-9a-f]+", re.DOTALL)
_SUBJECT = re.compile(r"Merge pull request #(?P<merged>[1-9]\d{0,8})\b.*|.*\(#(?P<squashed>[1-9]\d{0,8})\)")


def in_group(branch: str, commits: Sequence[tuple[str, str]], pulls: Sequence[Opened]) -> tuple[Opened, ...]:
    """The pull requests that a group brings to its base.

    Args:
        branch: the group's.
        commits: those that the group has and the run's base has not, with their messages.
        pulls: those of a run; what was merged or closed before is in no group.
    """
    named = [found for _, message in commits if (found := _SUBJECT.fullmatch(message.partition("\n")[0]))]
    numbers = {int(found["merged"] or found["squashed"]) for found in named}
    if top := _BRANCH.fullmatch(branch):
        numbers.add(int(top["number"]))
    heads = {commit for commit, _ in commits}
    return tuple(each for each in pulls if each.state == "open" and (each.head in heads or each.number in numbers))
