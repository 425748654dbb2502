"""The life of a pull request on an emulated GitHub with real git, and with a bot that is killed at its writes."""

import os
from pathlib import Path

import pytest
from agentctl.bench.emulated import installed
from agentctl.bench.parts.bot_life import Lived, lived

_MISSING = installed()
pytestmark = [
    pytest.mark.skipif(isinstance(_MISSING, str), reason=str(_MISSING)),
    pytest.mark.xdist_group("a bot's life"),
]
IMPORTS = "from loud import loud\nfrom twice import twice\n"
KILLS = os.environ.get("AGENTCTL_TEST_BOT_KILLS", "")
"""Numbers of the bot's writes at which it is killed as well, ``+`` once it is done and nobody was told, ``-`` before;
``all`` for every write and both. Each is a life, which is compared with an undisturbed one."""


def test_a_spec_in_an_issue_becomes_what_is_merged_though_the_bot_is_killed_on_the_way(tmp_path: Path) -> None:
    life = lived(tmp_path, kill_at=7)
    assert (life.wrong, life.kills, life.end.eyes) == ((), 1, 2)
    assert {branch.rpartition("/")[2]: (base, state) for branch, base, state in life.end.pulls} == dict.fromkeys(
        ("parts", "whole"), ("main", "merged")
    )
    assert dict(life.end.files) == {
        "src/loud.py": "def loud(text):\n    return text.strip().upper()\n",
        "src/shout.py": f"{IMPORTS}\n\ndef shout(text):\n    return twice(loud(text))\n",
        "src/twice.py": 'def twice(text):\n    """Two times."""\n    return f"{text} {text}"\n',
    }


@pytest.mark.skipif(not KILLS, reason="AGENTCTL_TEST_BOT_KILLS names no writes")
def test_a_bot_that_is_killed_at_a_write_comes_to_the_same_end(tmp_path: Path) -> None:
    whole = lived(tmp_path / "whole")
    every = [f"{number}{when}" for number in range(1, len(whole.writes) + 1) for when in "+-"]
    kills = every if KILLS == "all" else KILLS.split(",")
    ends = {}
    for kill in kills:
        life: Lived = lived(tmp_path / kill, kill_at=int(kill[:-1]), before=kill[-1] == "-")
        ends[kill] = (life.end, life.wrong, life.kills)
    assert ends == dict.fromkeys(kills, (whole.end, (), 1))
