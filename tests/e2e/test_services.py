"""A whole run, as it is typed, whose gate needs a service beside the tests: from the settings to what has landed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.nouns.events import Judged
from agentctl.orchestrator.store.folder import all_runs

from .conftest import Repo, store

SPEC = """\
# prices

- **R1** `price(name)` in `src/prices.py` MUST return, as a number, what the service at `PRICES` answers to `GET /name`.

```python R1
from prices import price
assert (price("tea"), price("milk")) == (3, 4)
```
"""
BODY = """\
import os
from urllib.request import urlopen


def price(name):
    with urlopen(os.environ["PRICES"] + "/" + name) as answer:
        return int(answer.read())
"""
PLAN = {
    "summary": "one part",
    "teams": [{"id": "shop", "purpose": "the prices"}],
    "tasks": [
        {
            "id": "T1",
            "team": "shop",
            "title": "Ask for prices",
            "goal": "Write price in src/prices.py.",
            "requirements": ["R1"],
            "owns": ["src/prices.py"],
            "needs": [],
            "minutes": 1.0,
        }
    ],
    "notes": [],
}
TOOL = """
import sys

if "# Your task: T1" not in sys.stdin.read():
    sys.exit(print(PLAN))
print(f"@tool write\\npath: src/prices.py\\ncontent: <<<<BODY\\n{BODY}>>>>BODY\\n@end\\n")
print("@tool submit\\nsummary: done\\n@end")
"""
SETTINGS = """
profile = "command"
questions = 0
critic = "off"
contracts = false
[models.flash]
command = COMMAND

[[services]]
name = "prices"
command = ["python", "-c", '''
import http.server, sys

class Prices(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Prices.asked += 1
        # Its port is open before it has anything to say.
        self.send_response(503 if Prices.asked < 3 else 200)
        self.end_headers()
        self.wfile.write(str(len(self.path) - 1).encode())

print("open on port", sys.argv[1], flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Prices).serve_forever()
''', "{port}"]
ready = ["python", "-c", "import sys, urllib.request as u; u.urlopen(sys.argv[1])", "http://127.0.0.1:{port}/"]
env = { PRICES = "http://127.0.0.1:{port}" }
"""


@pytest.fixture
def place(make_repo: Callable[[str], Repo], tmp_path: Path) -> Repo:
    """A repository whose settings name a service, and a tool that plays the worker."""
    repo, script = make_repo("repo"), tmp_path / "tool.py"
    script.write_text(f"BODY, PLAN = {BODY!r}, {json.dumps(PLAN)!r}\n{TOOL}")
    command = json.dumps([sys.executable, str(script)])
    (repo.path / "agentctl.toml").write_text(SETTINGS.replace("COMMAND", command))
    (repo.path / "prices.md").write_text(SPEC)
    return repo


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bwrap is not installed (Debian: bubblewrap)")
def test_what_is_built_against_a_service_is_judged_beside_it_and_lands(place: Repo, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agentctl", "run", "prices.md", "--repo", str(place.path), "--yes", "--no-wait"]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(command, cwd=place.path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder,) = all_runs(place.path)
    assert place.git("show", f"agentctl/{folder.run}/all:src/prices.py") == BODY.strip()
    with store(folder) as tables:
        assert [(each.requirement, each.level) for each in tables.evidence()] == [("R1", "V2")]
        assert {event.fact.verdict.passed for event in tables.events() if isinstance(event.fact, Judged)} == {True}
