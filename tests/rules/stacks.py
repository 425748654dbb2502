"""A forge of letters: commits with parents and contents, branches, pull requests; what a run's slices meet there."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from agentctl.orchestrator.nouns.delivery import Cut, Opened, Rebuilt, Slice
from agentctl.orchestrator.nouns.forge import Account, MergeMethod, Pull
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.nouns.stack import (
    Action,
    AskReview,
    ClosePull,
    EditPull,
    Gone,
    Keep,
    MakeReady,
    OpenPull,
    PushBranch,
    Rebuild,
    SayOnPull,
    Standing,
    Told,
)
from agentctl.orchestrator.rules.stacking_pulls import ENDED, Terms, next_actions

ME = Account(login="agentctl[bot]", bot=True)


def cut(name: str, on: str = "", *, base: str = "m0", head: str = "", owners: tuple[str, ...] = ()) -> Cut:
    slice_ = Slice(name=name, team=name, tasks=(f"T{name}",), on=on, owners=owners)
    return Cut(
        slice=slice_,
        branch=f"agentctl/r/{name}",
        base=base,
        head=head or f"{name}1",
        tree="t",
        gate="g",
        title=f"Slice {name}",
        body=f"What {name} does.",
    )


class Killed(Exception):
    """Somebody ended us."""


@dataclass(slots=True, kw_only=True)
class World:
    """Contents are the names of the slices whose changes a commit holds."""

    cuts: tuple[Cut, ...]
    parents: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"m0": ()})
    contents: dict[str, frozenset[str]] = field(default_factory=lambda: {"m0": frozenset[str]()})
    branches: dict[str, str] = field(default_factory=lambda: {"main": "m0"})
    pulls: dict[int, Pull] = field(default_factory=dict)
    kept: dict[str, Opened] = field(default_factory=dict)
    rebuilt: dict[str, Rebuilt] = field(default_factory=dict)
    clashes: dict[str, str] = field(default_factory=dict)
    """Slices that clash with any other base than their own, and where they were tried."""
    said: list[tuple[int, str]] = field(default_factory=list)
    asked: dict[int, tuple[str, ...]] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    now: float = 0.0
    others: int = 0
    steps: int = 0
    dies_after: int = 0

    def __post_init__(self) -> None:
        for each in self.cuts:
            self.add(each.head, (each.base,), self.contents[each.base] | {each.slice.name})

    def add(self, commit: str, parents: tuple[str, ...], contents: frozenset[str]) -> str:
        self.parents[commit], self.contents[commit] = parents, contents
        return commit

    def history(self, commit: str) -> set[str]:
        found, left = set[str](), [commit]
        while left:
            if (one := left.pop()) not in found:
                found.add(one)
                left += self.parents[one]
        return found

    def shown(self, pull: Pull) -> set[str]:
        """What a reviewer sees changed: the head without what both sides have in their history."""
        head = self.branches[pull.head]
        common = self.history(head) & self.history(self.branches[pull.base])
        return set(self.contents[head]).difference(*(self.contents[each] for each in common))

    def pull_of(self, name: str) -> Pull | None:
        found = [each for each in self.pulls.values() if each.head == f"agentctl/r/{name}"]
        return max(found, key=lambda pull: (pull.state == "open", pull.number), default=None)

    def merge(self, number: int, method: MergeMethod) -> None:
        pull = self.pulls[number]
        tip, head = self.branches[pull.base], self.branches[pull.head]
        parents = (tip, head) if method == "merge" else (tip,)
        new = self.add(f"{method}{number}", parents, self.contents[tip] | self.contents[head])
        self.branches[pull.base] = new
        self.pulls[number] = replace(pull, state="merged", merged_sha=new, head_sha=head)

    def close(self, number: int) -> None:
        self.pulls[number] = replace(self.pulls[number], state="closed")

    def host(self, pull: Pull | None) -> Pull | None:
        """The merged pull request of the branch that one was merged into."""
        if pull is None or pull.state != "merged":
            return None
        hosts = (self.pull_of(each.slice.name) for each in self.cuts if each.branch == pull.base)
        return next((each for each in hosts if each is not None and each.state == "merged"), None)

    def lost(self, pull: Pull | None) -> bool:
        host = self.host(pull)
        return pull is not None and host is not None and pull.merged_sha not in self.history(host.head_sha)

    def _lost(self, each: Cut, pull: Pull | None) -> bool:
        kept = self.kept.get(each.slice.name)
        if kept is not None and pull is not None and (kept.number, kept.state) == (pull.number, "merged"):
            return not kept.done
        return self.lost(pull) and not self.lost(self.host(pull))

    def standing(self, each: Cut) -> Standing:
        name = each.slice.name
        pull, rebuilt = self.pull_of(name), self.rebuilt.get(name)
        fresh = rebuilt if rebuilt is not None and rebuilt.of == each.head else None
        inside = pull is not None and pull.state == "merged" and pull.head_sha in self.history(pull.merged_sha)
        return Standing(
            cut=each,
            base=fresh.base if fresh else each.base,
            head=fresh.head if fresh else each.head,
            rests=rebuilt.base if rebuilt is not None and rebuilt.rests and not each.slice.on else "",
            kept=self.kept.get(name),
            pull=pull,
            remote=self.branches.get(each.branch),
            inside=inside,
            lost=self._lost(each, pull),
            also=fresh.also if fresh else (),
            red=fresh.red if fresh else "",
            clash=(self.clashes.get(name, ""), "a.py"),
        )

    def plan(self) -> tuple[Action, ...]:
        names = {each.slice.name for each in self.cuts}
        gone = [
            Gone(kept=kept, pull=self.pulls[kept.number], remote=self.branches.get(f"agentctl/r/{name}"))
            for name, kept in self.kept.items()
            if name not in names and kept.number
        ]
        terms = Terms(target="main", policy=self.policy, others_open=self.others, now=self.now, me=ME.login)
        return next_actions([self.standing(each) for each in self.cuts], gone, terms)

    def settle(self) -> list[Action]:
        """Do what is to be done until nothing is; gives what is told in the end."""
        for _ in range(12):
            actions = self.plan()
            if all(isinstance(action, Told) for action in actions):
                return list(actions)
            for action in actions:
                self.do(action)
                self.steps += not isinstance(action, Told)
                if self.steps == self.dies_after:
                    raise Killed
        raise AssertionError(f"it does not settle: {actions}")

    def do(self, action: Action) -> None:  # noqa: C901 - one case a kind of action
        match action:
            case Told():
                pass
            case Keep():
                self.kept[action.pull.name] = action.pull
            case Rebuild():
                self._rebuild(action)
            case PushBranch():
                assert self.branches.get(action.branch) == action.old
                self.branches[action.branch] = action.new
                known = self.kept.get(action.name) or Opened(name=action.name, number=0, url="", head="", base="")
                head = next(each.head for each in self.cuts if each.slice.name == action.name)
                self.kept[action.name] = replace(known, head=action.new, heads={**known.heads, action.new: head})
            case OpenPull():
                self._open(action)
            case EditPull():
                pull, known = self.pulls[action.number], self.kept[action.name]
                assert pull.state == "open"
                changes = {"title": action.title, "body": action.body, "base": action.base}
                self.pulls[action.number] = replace(pull, **{k: v for k, v in changes.items() if v})
                base, text = action.base or known.base, action.text or known.text
                self.kept[action.name] = replace(known, base=base, text=text)
            case MakeReady():
                self.pulls[action.number] = replace(self.pulls[action.number], draft=False)
                self.kept[action.name] = replace(self.kept[action.name], ready=True)
            case AskReview():
                self.asked[action.number] = action.reviewers
                self.kept[action.name] = replace(self.kept[action.name], asked=action.reviewers)
            case ClosePull():
                self.close(action.number)
                self.kept[action.name] = replace(self.kept[action.name], state="ended", said=(ENDED,))
            case SayOnPull():
                self.said.append((action.number, action.body))
                self.kept[action.name] = replace(self.kept[action.name], said=(action.marker,))

    def _rebuild(self, action: Rebuild) -> None:
        name, onto = action.name, action.onto
        of = next(each for each in self.cuts if each.slice.name == name)
        if name in self.clashes:
            self.clashes[name] = onto
            return
        new = onto
        for one in (name, *action.also):
            if one not in self.contents[new]:
                new = self.add(f"{one}1@{new}", (new,), self.contents[new] | {one})
        rests = not of.slice.on
        made = Rebuilt(name=name, of=of.head, base=onto, head=new, tree="t", rests=rests, also=action.also)
        self.rebuilt[name] = made

    def _open(self, action: OpenPull) -> None:
        assert not [p for p in self.pulls.values() if p.head == action.branch and p.state == "open"]
        assert self.branches[action.branch] not in self.history(self.branches[action.base]), "nothing to review"
        number = len(self.pulls) + 1
        self.pulls[number] = Pull(
            number=number,
            title=action.title,
            body=action.body,
            author=ME,
            head=action.branch,
            head_sha=self.branches[action.branch],
            base=action.base,
            base_sha=self.branches[action.base],
            draft=True,
        )
        self.kept[action.name] = replace(
            self.kept[action.name], number=number, base=action.base, state="open", text=action.text, at=self.now
        )


def three(**given: object) -> World:
    """``a``, ``b`` on it, ``c`` on that, brought to the forge."""
    stack = (cut("a"), cut("b", "a", base="a1"), cut("c", "b", base="b1"))
    world = World(cuts=stack, **given)
    world.settle()
    return world


def tellings(actions: list[Action]) -> Iterator[tuple[str, str]]:
    for action in actions:
        if isinstance(action, Told):
            yield action.name, action.words
