"""A spec in, landed commits out: real git, a real sandbox and gate, real stores, and a scripted model."""

from collections.abc import Callable
from pathlib import Path

from agentctl.orchestrator.nouns.events import Judged, Noted
from agentctl.orchestrator.rules.commit_text import parse_trailers
from agentctl.orchestrator.store.folder import RunFolder

from .conftest import AFTER_ONE_RUN, SPEC, Repo, store


@AFTER_ONE_RUN
def test_a_spec_becomes_landed_commits_with_trailers_and_evidence(done: tuple[Repo, RunFolder]) -> None:
    repo, folder = done
    branch = f"agentctl/{folder.run}/all"
    assert repo.git("show", f"{branch}:src/shout.py").endswith("return twice(loud(text))")
    with store(folder) as tables:
        assert [landing.key.task for landing in tables.landings()][-1] == "T3"
        assert {(each.requirement, each.level) for each in tables.evidence()} == {
            ("R1", "V2"),
            ("R2", "V2"),
            ("R3", "V2"),
        }
        red = [
            event.fact.verdict
            for event in tables.events()
            if isinstance(event.fact, Judged) and not event.fact.verdict.passed
        ]
        assert len(red) == 1
        assert "abab" in red[0].reasons[0]
    trailers = parse_trailers(repo.git("log", "-1", "--format=%B", branch))
    assert (trailers["Task"], trailers["Requirement"], trailers["Run"]) == (("T3",), ("R3",), (folder.run,))


@AFTER_ONE_RUN
def test_the_locked_tests_of_a_task_land_with_it(done: tuple[Repo, RunFolder]) -> None:
    repo, folder = done
    branch = f"agentctl/{folder.run}/all"
    landed = dict(
        each.strip().split("\n\n", 1)
        for each in repo.git("log", "--format=%x00%s", "--name-only", f"main..{branch}").split("\0")[1:]
    )
    assert {title: paths.split("\n") for title, paths in landed.items()} == {
        "Write loud": ["src/loud.py", "tests/spec_shout/test_shout_R1_c1.py"],
        "Write twice": ["src/twice.py", "tests/spec_shout/test_shout_R2_c1.py"],
        "Write shout": ["src/shout.py", "tests/spec_shout/test_shout_R3_c1.py"],
    }


def test_the_checkout_the_branch_and_the_index_of_the_person_are_untouched(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    before = (repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain"), (repo.path / ".git/index").read_bytes())
    config = (repo.path / ".git/config").read_bytes()
    folder = repo.prepare()
    repo.drive(folder)
    after = (repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain"), (repo.path / ".git/index").read_bytes())
    assert after == before
    assert (repo.path / ".git/config").read_bytes() == config
    assert repo.git("fsck", "--strict", "--no-dangling") == ""
    assert not list((repo.path / ".agentctl/work").rglob("open/*"))


def test_a_recorded_run_replays_without_drift_and_lands_the_same_tree(
    make_repo: Callable[[str], Repo], tmp_path: Path
) -> None:
    recording = tmp_path / "shout.jsonl"
    first, second = make_repo("first"), make_repo("second")
    recorded = first.prepare(record=recording)
    first.drive(recorded)
    replayed = second.prepare(replay=recording)
    assert second.drive(replayed, scripted=False).state == "done"
    trees = [
        repo.git("rev-parse", f"agentctl/{folder.run}/all^{{tree}}")
        for repo, folder in ((first, recorded), (second, replayed))
    ]
    assert trees[0] == trees[1]
    with store(replayed) as tables:
        assert [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)] == []


def test_two_runs_in_one_repository_do_not_disturb_each_other(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    one, other = repo.prepare(), repo.prepare()
    assert repo.drive(one).state == repo.drive(other).state == "done"
    assert repo.git("rev-parse", f"agentctl/{one.run}/all^{{tree}}") == repo.git(
        "rev-parse", f"agentctl/{other.run}/all^{{tree}}"
    )


def test_a_holdout_is_judged_and_neither_shown_nor_changed_though_its_spec_is_committed(
    make_repo: Callable[[str], Repo],
) -> None:
    repo = make_repo("repo")
    spec = SPEC + '\n```python R1 holdout\nfrom loud import loud\nassert loud("hidden") == "HIDDEN"\n```\n'
    (repo.path / "spec.md").write_text(spec)
    repo.git("add", "spec.md")
    repo.git("commit", "-q", "-m", "Spec")
    folder = repo.prepare(spec=spec)
    looked = repo.drive_looking(folder, "spec.md")
    assert "R1 holdout" in looked
    assert "hidden" not in looked
    branch = f"agentctl/{folder.run}/all"
    assert repo.git("show", f"{branch}:spec.md") == spec.strip()
    assert not [path for path in repo.git("ls-tree", "-r", "--name-only", branch).split() if "c2" in path]
    with store(folder) as tables:
        assert {each.check for each in tables.evidence() if each.requirement == "R1"} == {"R1.c1", "R1.c2"}


@AFTER_ONE_RUN
def test_a_finished_run_that_is_driven_again_does_nothing(done: tuple[Repo, RunFolder]) -> None:
    repo, folder = done
    with store(folder) as tables:
        before = len(tables.events())
    assert repo.drive(folder).state == "done"
    with store(folder) as tables:
        assert len(tables.events()) == before
