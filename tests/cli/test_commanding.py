"""Who may command the bot: what the forge says now counts, and nothing that anybody wrote."""

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from agentctl.bench.sim.forge import MemoryForge
from agentctl.cli.bot.book import Book, Thread
from agentctl.cli.bot.commanding import Allowed, Decision, Looks, Nothing, Refused, Standing, allowed, noted
from agentctl.orchestrator.nouns.forge import Account, Comment, Pull
from agentctl.orchestrator.nouns.happenings import Commented, Delivery, Happening, Labelled, Opened, PullMoved
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.rules.said import Said

NOW = 1_900_000_000.0
DAY = 86_400.0
RUN = (Said(word="run"),)


@dataclass(slots=True, kw_only=True)
class Place:
    """A repository with an issue and a pull request, and a bot's book."""

    forge: MemoryForge
    book: Book
    policy: Policy = field(default_factory=Policy)
    now: float = NOW
    looks: Looks = field(default_factory=Looks)
    count: int = 0

    def happens(self, happening: Happening, *, id_: str = "") -> Decision:
        """The decision on something that happens, as a message of its own."""
        self.count += 1
        delivery = Delivery(id=id_ or f"d{self.count}", repo=self.forge.repo, happening=happening)
        return asyncio.run(allowed(self.forge, self.book, delivery, self.policy, now=self.now, looks=self.looks))

    def says(self, login: str, text: str, *, number: int = 1, id_: str = "") -> Decision:
        """The decision on a new comment."""
        return self.happens(self.comment(login, text, number=number), id_=id_)

    def comment(self, login: str, text: str, *, number: int = 1) -> Commented:
        """A new comment."""
        comment = self.forge.comment_by(login, number, text)
        return Commented(number=number, comment=comment, pull=number != 1, by=comment.author)

    def edit(self, comment: Comment, text: str, *, by: str | None) -> Commented:
        """A comment that somebody changed."""
        all_ = next(each for each in self.forge.said.values() if comment in each)
        new = replace(comment, body=text, updated_at=comment.updated_at + 9)
        all_[all_.index(comment)] = new
        who = None if by is None else Account(login=by)
        return Commented(number=1, comment=new, pull=False, action="edited", by=who)

    def push(self) -> str:
        """Move the head of the pull request."""
        tree = self._git("rev-parse", "topic^{tree}")
        new = self._git("commit-tree", tree, "-p", "topic", "-m", f"push {self.count}")
        self._git("update-ref", "refs/heads/topic", new)
        return new

    def _git(self, *words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        command = ["git", "-C", str(self.forge.remote), *who, *words]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    def begin(self, run: str, *, by: str, at: float = NOW, number: int = 1) -> None:
        """A run that somebody started."""
        self.book.bind(
            Thread(repo=self.forge.repo, number=number, run=run, pull=False, by=by, sha="", base="main", spec="", at=at)
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(remote)], check=True)
    people = {"ann": "write", "max": "maintain", "zoe": "read", "tri": "triage", "robot": "write", "ci[bot]": "admin"}
    forge = MemoryForge(remote=remote, people=people)  # type: ignore[arg-type]
    forge.issue_by("zoe", "Add it", "Please.")
    with Book(tmp_path / "book.db") as book:
        place = Place(forge=forge, book=book)
        empty = subprocess.run(
            ["git", "-C", str(remote), "hash-object", "-t", "tree", "-w", "--stdin"],
            capture_output=True, check=True, input="", text=True,
        ).stdout.strip()  # fmt: skip
        base = place._git("commit-tree", empty, "-m", "base")
        place._git("update-ref", "refs/heads/main", base)
        place._git("update-ref", "refs/heads/topic", base)
        head = place.push()
        author = Account(login="zoe")
        forge.requests[2] = Pull(
            number=2, title="A spec", body="", author=author, head="topic", head_sha=head, base="main", base_sha=base
        )
        yield place


def test_who_may_write_is_obeyed(place: Place) -> None:
    assert place.says("ann", "/agentctl run") == Allowed(commands=RUN, by="ann")


@pytest.mark.parametrize("login", ["zoe", "tri", "stranger"])
def test_who_may_not_write_is_refused(place: Place, login: str) -> None:
    decision = place.says(login, "I am an admin, and the OWNER says so.\n\n/agentctl run")
    words = "Commands need the permission `write` in this repository."
    assert decision == Refused(words=words, reply=True)


def test_the_permission_counts_that_somebody_has_now(place: Place) -> None:
    happening = place.comment("ann", "/agentctl run")
    place.forge.people = {**place.forge.people, "ann": "read"}
    assert isinstance(place.happens(happening), Refused)


@pytest.mark.parametrize(
    ("policy", "who"),
    [
        (Policy(may_start="maintain"), {"max"}),
        (Policy(may_start="read"), {"ann", "max"}),
        (Policy(people=("Ann", "zoe")), {"ann"}),
        (Policy(may_start="admin"), set()),
    ],
)
def test_a_policy_narrows_who_may_and_never_widens_it(place: Place, policy: Policy, who: set[str]) -> None:
    place.policy = policy
    obeyed = {
        each for each in ("ann", "max", "zoe", "tri") if isinstance(place.says(each, "/agentctl status"), Allowed)
    }
    assert obeyed == who


@pytest.mark.parametrize("login", ["ci[bot]", "agentctl[bot]"])
def test_bots_are_not_obeyed_whatever_they_may_do(place: Place, login: str) -> None:
    place.forge.people = {**place.forge.people, login: "admin"}
    assert isinstance(place.says(login, "/agentctl run"), Nothing)
    assert isinstance(place.says(login, "/agentctl rnu"), Nothing)


def test_an_outsider_is_answered_once_a_day_and_a_crowd_not_at_all(place: Place) -> None:
    first = place.says("zoe", "/agentctl run", id_="one")
    assert (first, place.says("zoe", "/agentctl run")) == (
        replace_reply(first, reply=True),
        replace_reply(first, reply=False),
    )
    place.now += DAY
    assert place.says("zoe", "/agentctl run") == replace_reply(first, reply=True)
    said = [place.says(f"crowd{number}", "/agentctl run") for number in range(60)]
    assert sum(isinstance(each, Refused) and each.reply for each in said) < 20


def replace_reply(decision: Decision, *, reply: bool) -> Refused:
    assert isinstance(decision, Refused)
    return replace(decision, reply=reply)


def test_a_refusal_that_was_not_told_yet_is_told_by_who_comes_after_a_kill(place: Place) -> None:
    happening = place.comment("zoe", "/agentctl run")
    assert place.happens(happening, id_="x") == place.happens(happening, id_="x")


def test_hints_are_for_who_may_command(place: Place) -> None:
    assert isinstance(place.says("zoe", "/agentctl rnu"), Nothing)
    hint = place.says("ann", "/agentctl rnu")
    assert isinstance(hint, Refused)
    assert hint.reply
    assert "did you mean `/agentctl run`?" in hint.words


def test_a_comment_is_obeyed_once_by_whichever_way_it_comes(place: Place) -> None:
    happening = place.comment("ann", "/agentctl run")
    first = place.happens(happening, id_="hook")
    assert isinstance(first, Allowed)
    assert isinstance(place.happens(happening, id_="poll"), Nothing)
    assert place.happens(happening, id_="hook") == first


def test_what_was_begun_goes_on_after_a_kill_though_the_world_moved(place: Place) -> None:
    happening = place.comment("ann", "/agentctl run", number=2)
    first = place.happens(happening, id_="x")
    place.begin("r1", by="ann", number=2)
    place.policy = Policy(runs_at_once=1)
    place.push()
    place.forge.said[2].clear()
    assert place.happens(happening, id_="x") == first
    place.forge.people = {}
    assert isinstance(place.happens(happening, id_="x"), Refused)


def test_an_edit_counts_from_its_author_and_only_before_anything_was_obeyed(place: Place) -> None:
    first = place.comment("ann", "hello")
    assert isinstance(place.happens(first), Nothing)
    edited = place.edit(first.comment, "/agentctl run", by="ann")
    assert place.happens(edited) == Allowed(commands=RUN, by="ann")
    again = place.edit(edited.comment, "/agentctl cancel", by="ann")
    assert isinstance(place.happens(again), Nothing)


def test_an_unclear_command_can_be_mended_by_an_edit(place: Place) -> None:
    first = place.comment("ann", "/agentctl rnu")
    assert isinstance(place.happens(first), Refused)
    assert place.happens(place.edit(first.comment, "/agentctl run", by="ann")) == Allowed(commands=RUN, by="ann")


@pytest.mark.parametrize("editor", ["max", "zoe"])
def test_what_somebody_else_put_into_a_comment_commands_nothing(place: Place, editor: str) -> None:
    first = place.comment("ann", "hello")
    assert isinstance(place.happens(place.edit(first.comment, "/agentctl run", by=editor)), Nothing)


def test_an_edited_comment_whose_editor_is_not_known_has_to_be_written_again(place: Place) -> None:
    first = place.comment("ann", "hello")
    found = place.edit(first.comment, "/agentctl run", by=None)
    for action in ("edited", "created"):
        decision = place.happens(replace(found, action=action))
        assert isinstance(decision, Refused)
        assert "as a new one" in decision.words


def test_what_stands_there_now_has_to_be_what_the_message_said(place: Place) -> None:
    happening = place.comment("ann", "/agentctl run")
    place.edit(happening.comment, "/agentctl status", by="ann")
    assert isinstance(place.happens(happening), Nothing)


def test_a_message_about_a_comment_that_is_not_there_commands_nothing(place: Place) -> None:
    happening = place.comment("ann", "/agentctl run")
    place.forge.said[1].clear()
    assert isinstance(place.happens(happening), Nothing)
    assert isinstance(place.happens(replace(happening, action="deleted")), Nothing)


def test_a_message_cannot_say_that_another_wrote_it(place: Place) -> None:
    happening = place.comment("zoe", "/agentctl run")
    forged = replace(happening, comment=replace(happening.comment, author=Account(login="ann")), by=None)
    assert isinstance(place.happens(forged), Nothing)


def test_a_command_on_a_pull_request_is_bound_to_its_head(place: Place) -> None:
    decision = place.says("ann", "/agentctl run", number=2)
    assert decision == Allowed(commands=RUN, by="ann", sha=place.forge.requests[2].head_sha)


@pytest.mark.parametrize("command", ["run", "plan", "approve"])
def test_a_head_that_moved_since_the_comment_has_to_be_looked_at(place: Place, command: str) -> None:
    head = place.forge.requests[2].head_sha
    place.happens(PullMoved(number=2, action="synchronize", by=Account(login="zoe"), head_sha=head))
    happening = place.comment("ann", f"/agentctl {command}", number=2)
    place.push()
    decision = place.happens(happening, id_="x")
    assert isinstance(decision, Refused)
    assert "say it again" in decision.words
    assert place.happens(happening, id_="x") == decision
    assert isinstance(place.says("ann", f"/agentctl {command}", number=2), Allowed)


def test_commands_that_are_not_about_the_code_do_not_mind_a_push(place: Place) -> None:
    head = place.forge.requests[2].head_sha
    place.happens(PullMoved(number=2, action="synchronize", by=Account(login="zoe"), head_sha=head))
    place.push()
    assert isinstance(place.says("ann", "/agentctl status", number=2), Allowed)


def test_a_command_may_name_the_head_it_is_about(place: Place) -> None:
    head = place.forge.requests[2].head_sha
    assert isinstance(place.says("ann", f"/agentctl run --at {head[:10]}", number=2), Allowed)
    place.push()
    assert isinstance(place.says("ann", f"/agentctl run --at {head[:10]}", number=2), Refused)


def test_a_message_that_comes_twice_does_not_turn_the_head_back(place: Place) -> None:
    by = Account(login="zoe")
    old = Delivery(
        id="a", repo=place.forge.repo, happening=PullMoved(number=2, action="synchronize", by=by, head_sha="1" * 40)
    )
    head = place.forge.requests[2].head_sha
    new = Delivery(
        id="b", repo=place.forge.repo, happening=PullMoved(number=2, action="synchronize", by=by, head_sha=head)
    )
    for each in (old, new, old):
        noted(place.book, each, now=NOW)
    assert isinstance(place.says("ann", "/agentctl run", number=2), Allowed)


def test_a_fork_is_followed_only_where_the_policy_says_so(place: Place) -> None:
    place.forge.requests[2] = replace(place.forge.requests[2], fork=True)
    refused = place.says("ann", "/agentctl run", number=2)
    assert isinstance(refused, Refused)
    assert "fork" in refused.words
    assert isinstance(place.says("ann", "/agentctl status", number=2), Allowed)
    place.policy = Policy(follow_forks=True)
    followed = place.says("ann", "/agentctl run", number=2)
    assert isinstance(followed, Allowed)
    assert followed.fork


def test_runs_at_once_are_bounded_for_all_together(place: Place) -> None:
    place.begin("r1", by="ann", at=NOW - 5 * DAY)
    place.begin("r2", by="max")
    decision = place.says("ann", "/agentctl run")
    assert isinstance(decision, Refused)
    assert "2 runs are at work" in decision.words
    place.looks = Looks(standing=lambda thread: Standing(usd=1, working=thread.run == "r1"))
    assert isinstance(place.says("ann", "/agentctl run"), Allowed)


def test_runs_and_dollars_are_bounded_for_a_person_and_a_day(place: Place) -> None:
    place.begin("r1", by="Ann", at=NOW - DAY / 2)
    place.begin("r0", by="ann", at=NOW - 2 * DAY)
    place.looks = Looks(standing=lambda _: Standing(usd=3, working=False))
    place.policy = Policy(runs_per_person_day=1)
    assert isinstance(place.says("ann", "/agentctl run"), Refused)
    assert isinstance(place.says("max", "/agentctl run"), Allowed)
    place.policy = Policy(usd_per_person_day=3)
    assert isinstance(place.says("ann", "/agentctl run"), Refused)
    assert isinstance(place.says("ann", "/agentctl status"), Allowed)
    place.policy = Policy(usd_per_person_day=5, usd_per_run=4)
    decision = place.says("ann", "/agentctl run")
    assert isinstance(decision, Allowed)
    assert decision.usd == 2


def test_dollars_that_cannot_be_counted_start_nothing(place: Place) -> None:
    place.policy = Policy(usd_per_person_day=100)
    assert isinstance(place.says("ann", "/agentctl run"), Refused)


def test_a_cap_is_not_raised_beyond_what_is_left_of_the_day_to_who_started_the_run(place: Place) -> None:
    place.begin("r1", by="ann")
    place.policy = Policy(usd_per_person_day=5)
    raises = {"+3": 3.0, "to 9": 6.0, "2": 0.0}
    place.looks = Looks(
        standing=lambda _: Standing(usd=3, working=True), raises=lambda _, said: raises.get(said.args[-1], 0.0)
    )
    for login, text in (("ann", "budget +3"), ("max", "budget to 9"), ("ann", "answer Q1 +3")):
        refused = place.says(login, f"/agentctl {text}")
        assert isinstance(refused, Refused)
        assert "to $" in refused.words
        assert "the policy allows $5.00" in refused.words
    assert isinstance(place.says("ann", "/agentctl answer Q1 2"), Allowed)
    place.policy = Policy(usd_per_person_day=6)
    assert isinstance(place.says("max", "/agentctl budget +3"), Allowed)


def test_files_of_the_forge_itself_take_a_second_person(place: Place) -> None:
    place.begin("r1", by="ann")
    place.looks = Looks(frees=lambda _, __: (".github/workflows/ci.yml",))
    decision = place.says("ann", "/agentctl answer Q1 1")
    assert isinstance(decision, Refused)
    assert "somebody else" in decision.words
    assert isinstance(place.says("max", "/agentctl answer Q1 1"), Allowed)
    place.looks = Looks(frees=lambda _, __: ("src/a.py",))
    assert isinstance(place.says("ann", "/agentctl answer Q1 1"), Allowed)


def test_a_second_person_is_needed_in_the_pull_requests_of_a_run_as_well(place: Place) -> None:
    place.begin("r1", by="ann")

    async def about(number: int) -> Thread | None:
        return place.book.threads(place.forge.repo)[0] if number == 2 else None

    place.looks = Looks(frees=lambda _, __: (".github/workflows/ci.yml",), about=about)
    assert isinstance(place.says("ann", "/agentctl answer Q1 1", number=2), Refused)
    assert isinstance(place.says("max", "/agentctl answer Q1 1", number=2), Allowed)


def test_a_label_starts_a_run_by_who_may_start_one(place: Place) -> None:
    def labelled(by: str, label: str = "build") -> Labelled:
        return Labelled(number=1, label=label, pull=False, by=Account(login=by))

    assert isinstance(place.happens(labelled("ann")), Nothing)
    place.policy = Policy(label="Build")
    assert isinstance(place.happens(labelled("ann")), Nothing)
    place.forge.issues[1] = replace(place.forge.issues[1], labels=("build",))
    assert isinstance(place.happens(labelled("zoe")), Nothing)
    assert isinstance(place.happens(labelled("ann", "other")), Nothing)
    assert place.happens(labelled("ann"), id_="x") == Allowed(commands=RUN, by="ann")
    assert place.happens(labelled("ann"), id_="x") == Allowed(commands=RUN, by="ann")


def test_an_issue_commands_nothing_by_its_text(place: Place) -> None:
    place.forge.issues[1] = replace(place.forge.issues[1], body="/agentctl run")
    assert isinstance(place.happens(Opened(number=1, pull=False, by=Account(login="ann"))), Nothing)
