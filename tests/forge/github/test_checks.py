"""What is said of a commit on GitHub: check runs of an App, statuses of anybody else."""

from typing import Any

from agentctl.orchestrator.forge.github.adapter import GitHub
from agentctl.orchestrator.nouns.forge import Annotation, CheckWanted

from .conftest import Forges
from .hub import PLACE, Asked, Hub, Reply, pages, reply

SHA = "a" * 40


def wanted(**changes: Any) -> CheckWanted:
    return CheckWanted(**({"name": "agentctl/gate", "sha": SHA, "state": "failure", "title": "2 red"} | changes))


class Runs:
    """Check runs that are kept, as GitHub keeps them: annotations are only ever added."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.rows: list[dict[str, Any]] = []
        self.lines: dict[int, list[Any]] = {}
        hub.on(f"GET {PLACE}/commits/{SHA}/check-runs", lambda _: reply({"check_runs": self.rows}))
        hub.on(f"POST {PLACE}/check-runs", self.make)

    def make(self, asked: Asked) -> Reply:
        id_ = len(self.rows) + 1
        self.rows.append({"id": id_, "app": {"slug": "agentctl"}, **asked.body})
        self.lines[id_] = []
        self.hub.on(f"PATCH {PLACE}/check-runs/{id_}", lambda asked: self.change(id_, asked))
        self.hub.on(f"GET {PLACE}/check-runs/{id_}/annotations", pages(self.lines[id_], self.hub.address))
        return self.change(id_, asked)

    def change(self, id_: int, asked: Asked) -> Reply:
        added = asked.body["output"].pop("annotations")
        assert len(added) <= 50
        self.lines[id_] += added
        row = self.rows[id_ - 1]
        row |= {**asked.body, "output": {**asked.body["output"], "annotations_count": len(self.lines[id_])}}
        return reply(row)


def lines(count: int, message: str = "x") -> tuple[Annotation, ...]:
    return tuple(Annotation(path="a.py", line=n + 1, message=message) for n in range(count))


async def test_a_check_run_of_an_app_is_made_once_with_all_its_annotations(hub: Hub, forge_as: Forges) -> None:
    github, runs = forge_as("agentctl[bot]", "app"), Runs(hub)
    check = await github.put_check(wanted(annotations=lines(120), external_id="r"))
    assert (check.state, check.annotations, check.app) == ("failure", lines(120), "agentctl")
    assert len(runs.lines[1]) == 120
    assert await github.put_check(wanted(annotations=lines(120), external_id="r")) == check
    assert len(hub.lines("POST", "PATCH")) == 3


async def test_a_check_that_was_cut_off_between_annotations_goes_on(hub: Hub, forge_as: Forges) -> None:
    github, runs = forge_as("agentctl[bot]", "app"), Runs(hub)
    await github.put_check(wanted(annotations=lines(50)))
    await github.put_check(wanted(annotations=lines(70)))
    assert (len(runs.rows), len(runs.lines[1])) == (1, 70)


async def test_a_check_begins_anew_where_it_cannot_become_what_it_should_be(hub: Hub, forge_as: Forges) -> None:
    github, runs = forge_as("agentctl[bot]", "app"), Runs(hub)
    await github.put_check(wanted(state="running"))
    await github.put_check(wanted(annotations=lines(1)))
    assert len(runs.rows) == 1
    await github.put_check(wanted(annotations=lines(1, "other")))
    assert len(runs.rows) == 2
    await github.put_check(wanted(state="queued"))
    assert [each["status"] for each in runs.rows] == ["completed", "completed", "queued"]


async def test_a_check_of_the_same_name_by_another_app_is_not_ours(hub: Hub, forge_as: Forges) -> None:
    github, runs = forge_as("agentctl[bot]", "app"), Runs(hub)
    await github.put_check(wanted())
    runs.rows[0]["app"] = {"slug": "other"}
    await github.put_check(wanted())
    assert len(runs.rows) == 2


async def test_without_an_app_a_check_is_a_status(hub: Hub, github: GitHub) -> None:
    there: list[dict[str, Any]] = [{"id": 1, "context": "other", "state": "success"}]
    hub.on(f"GET {PLACE}/commits/{SHA}/statuses", lambda _: reply(there))

    def make(asked: Asked) -> Reply:
        there.insert(0, {"id": len(there) + 1, **asked.body})
        return reply(there[0], 201)

    hub.on(f"POST {PLACE}/statuses/{SHA}", make)
    first = await github.put_check(wanted(title="t" * 200, annotations=lines(1)))
    assert await github.put_check(wanted(title="t" * 200)) == first
    assert (first.state, first.app, first.title, first.annotations) == ("failure", "", "t" * 140, ())
    await github.put_check(wanted(state="success"))
    assert [each["state"] for each in there] == ["success", "failure", "success"]


async def test_checks_are_runs_and_statuses_the_latest_of_each(hub: Hub, github: GitHub) -> None:
    def run(id_: int, conclusion: str, app: str = "github-actions") -> dict[str, Any]:
        ended = {"status": "completed", "conclusion": conclusion, "output": {"annotations_count": 1}}
        return {"id": id_, "name": "ci", "head_sha": SHA, "app": {"slug": app}, **ended}

    rows = [run(3, "failure"), run(2, "success"), run(4, "success", "circle")]
    hub.on(f"GET {PLACE}/commits/{SHA}/check-runs", reply({"check_runs": rows}))
    said = {"path": "a.py", "start_line": 4, "annotation_level": "warning", "message": "no"}
    hub.on(f"GET {PLACE}/check-runs/3/annotations", reply([said]))
    statuses = [{"id": 9, "context": "lint", "state": "pending"}, {"id": 8, "context": "old", "state": "error"}]
    hub.on(f"GET {PLACE}/commits/{SHA}/status", reply({"statuses": statuses}))
    found = await github.checks(SHA)
    assert [(each.name, each.app, each.state) for each in found] == [
        ("ci", "github-actions", "failure"),
        ("ci", "circle", "success"),
        ("lint", "", "running"),
        ("old", "", "failure"),
    ]
    assert found[0].annotations == (Annotation(path="a.py", line=4, message="no", level="warning"),)
