"""The Forge port in memory, over a real bare repository: what is pushed there is what pull requests hold.

``people`` are logins with what they may do. Writes count in ``writes``; ``before`` is called ahead of each of them and
may raise, as a process does that is killed there, and ``after`` when it is done.
"""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...orchestrator.errors import ForgeRefused, HeadMoved
from ...orchestrator.nouns.forge import (
    Access,
    Account,
    Check,
    CheckWanted,
    Comment,
    Issue,
    Login,
    MergeMethod,
    Permission,
    Protection,
    Pull,
    Remark,
    RepoName,
    Review,
)
from ...orchestrator.nouns.happenings import Delivery


@dataclass(slots=True, kw_only=True)
class MemoryForge:
    """A repository on a forge that nobody else can reach. Times count up by one second with each write."""

    remote: Path
    """A bare repository."""
    people: Mapping[str, Permission] = field(default_factory=dict)
    me: str = "agentctl[bot]"
    name: RepoName = field(default_factory=lambda: RepoName(owner="acme", name="shed"))
    main: str = "main"
    protections: dict[str, Protection] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None
    issues: dict[int, Issue] = field(default_factory=dict)
    requests: dict[int, Pull] = field(default_factory=dict)
    said: dict[int, list[Comment]] = field(default_factory=dict)
    judged: dict[int, list[Review]] = field(default_factory=dict)
    remarked: dict[int, list[Remark]] = field(default_factory=dict)
    checked: list[Check] = field(default_factory=list)
    logs: dict[int, str] = field(default_factory=dict)
    reactions: set[int] = field(default_factory=set)
    asked: dict[int, tuple[str, ...]] = field(default_factory=dict)
    happened: list[Delivery] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    tick: float = 1_800_000_000.0

    @property
    def repo(self) -> RepoName:
        """Its place."""
        return self.name

    async def login(self) -> Login:
        """As an App."""
        return Login(account=Account(login=self.me, bot=True), way="app")

    async def access(self) -> Access:
        """The folder of the bare repository."""
        return Access(url=str(self.remote), token="")

    async def default_branch(self) -> str:
        """As given."""
        return self.main

    async def branch(self, name: str) -> str | None:
        """By git."""
        return self._git("rev-parse", "--verify", "--quiet", f"refs/heads/{name}", check=False) or None

    async def read(self, path: str, *, ref: str) -> str | None:
        """By git."""
        if self._git("cat-file", "-t", f"{ref}:{path}", check=False) != "blob":
            return None
        return self._git("cat-file", "blob", f"{ref}:{path}", strip=False)

    async def permission(self, login: str) -> Permission:
        """As given; nobody else may do anything."""
        return self.people.get(login, "none")

    async def protection(self, branch: str) -> Protection:
        """As given."""
        return self.protections.get(branch, Protection())

    async def issue(self, number: int) -> Issue | None:
        """An issue, or what a pull request has of one."""
        pull = await self.pull(number)
        if pull is None:
            return self.issues.get(number)
        return Issue(number=number, title=pull.title, body=pull.body, author=pull.author, labels=pull.labels, pull=True)

    async def pull(self, number: int) -> Pull | None:
        """With its head as git has it now."""
        pull = self.requests.get(number)
        if pull is None or pull.state != "open":
            return pull
        head, base = await self.branch(pull.head), await self.branch(pull.base)
        found = replace(pull, head_sha=head or pull.head_sha, base_sha=base or pull.base_sha)
        self.requests[number] = found
        return found

    async def pulls(self, *, head: str = "", author: str = "", state: str = "open") -> Sequence[Pull]:
        """Oldest first."""
        found = [await self.pull(number) for number in sorted(self.requests)]
        return [
            each
            for each in found
            if each is not None
            and (not head or each.head == head)
            and (not author or each.author.login == author)
            and (state == "all" or (each.state == "open") == (state == "open"))
        ]

    async def files(self, number: int) -> Sequence[str]:
        """By git, from the merge base."""
        pull = await self.pull(number)
        assert pull is not None
        return self._git("diff", "--name-only", f"{pull.base_sha}...{pull.head_sha}").splitlines()

    async def comments(self, number: int) -> Sequence[Comment]:
        """Oldest first."""
        return tuple(self.said.get(number, ()))

    async def comment(self, comment: int) -> Comment | None:
        """Wherever it stands."""
        return next((each for all_ in self.said.values() for each in all_ if each.id == comment), None)

    async def reviews(self, number: int) -> Sequence[Review]:
        """Oldest first."""
        return tuple(self.judged.get(number, ()))

    async def remarks(self, number: int) -> Sequence[Remark]:
        """Oldest first."""
        return tuple(self.remarked.get(number, ()))

    async def checks(self, sha: str) -> Sequence[Check]:
        """The latest of each name."""
        return tuple({each.name: each for each in self.checked if each.sha == sha}.values())

    async def check_log(self, check: Check) -> str:
        """As given."""
        return self.logs.get(check.id, "")

    async def news(self, cursor: str) -> tuple[Sequence[Delivery], str]:
        """All that was put into ``happened`` since."""
        since = int(cursor) if cursor else len(self.happened)
        return tuple(self.happened[since:]), str(len(self.happened))

    async def open_pull(self, *, head: str, base: str, title: str, body: str, draft: bool) -> Pull:
        """Refused where the branch is not there, or holds nothing new."""
        there = await self.pulls(head=head)
        if there:
            return there[0]
        sha, below = await self.branch(head), await self.branch(base)
        if sha is None or below is None:
            raise ForgeRefused(f"{self.name} has no branch {head if sha is None else base}: push it first.")
        if sha == below:
            raise ForgeRefused(f"No commits between {base} and {head}.")
        self._begin(f"open_pull {head}")
        number = self._number()
        me = Account(login=self.me, bot=True)
        self.requests[number] = Pull(
            number=number,
            title=title,
            body=body,
            author=me,
            head=head,
            head_sha=sha,
            base=base,
            base_sha=below,
            draft=draft,
            mergeable=True,
            url=f"https://{self.name.host}/{self.name}/pull/{number}",
        )
        self._end(f"open_pull {head}")
        return self.requests[number]

    async def edit_pull(self, number: int, *, title: str = "", body: str = "", base: str = "") -> Pull:
        """Writes only what differs."""
        pull = self._pull(number)
        new = replace(pull, title=title or pull.title, body=body or pull.body, base=base or pull.base)
        if new != pull:
            self._begin(f"edit_pull {number}")
            self.requests[number] = new
            self._end(f"edit_pull {number}")
        return self.requests[number]

    async def set_draft(self, number: int, *, draft: bool) -> None:
        """Writes only what differs."""
        if self._pull(number).draft != draft:
            self._begin(f"set_draft {number}")
            self.requests[number] = replace(self._pull(number), draft=draft)
            self._end(f"set_draft {number}")

    async def close(self, number: int) -> None:
        """Writes only what differs."""
        if self._pull(number).state == "open":
            self._begin(f"close {number}")
            self.requests[number] = replace(self._pull(number), state="closed")
            self._end(f"close {number}")

    async def say(self, number: int, body: str, *, marker: str) -> Comment:
        """Ours is the one with the marker."""
        all_ = self.said.setdefault(number, [])
        text = f"{body}\n\n<!-- {marker} -->"
        mine = next((each for each in all_ if f"<!-- {marker} -->" in each.body and each.author.login == self.me), None)
        if mine is not None and mine.body == text:
            return mine
        self._begin(f"say {number} {marker}")
        if mine is None:
            me = Account(login=self.me, bot=True)
            new = Comment(id=self._number(), body=text, author=me, created_at=self.tick, updated_at=self.tick)
            all_.append(new)
        else:
            new = replace(mine, body=text, updated_at=self.tick)
            all_[all_.index(mine)] = new
        self._end(f"say {number} {marker}")
        return new

    async def reply(self, number: int, thread: int, body: str, *, marker: str) -> Remark:
        """Ours is the one with the marker."""
        all_ = self.remarked.setdefault(number, [])
        text = f"{body}\n\n<!-- {marker} -->"
        mine = next((each for each in all_ if f"<!-- {marker} -->" in each.body and each.author.login == self.me), None)
        if mine is not None and mine.body == text:
            return mine
        root = next(each for each in all_ if each.id == thread)
        self._begin(f"reply {number} {thread}")
        if mine is None:
            me = Account(login=self.me, bot=True)
            new = replace(root, id=self._number(), body=text, author=me, created_at=self.tick, updated_at=self.tick)
            all_.append(new)
        else:
            new = replace(mine, body=text, updated_at=self.tick)
            all_[all_.index(mine)] = new
        self._end(f"reply {number} {thread}")
        return new

    async def react(self, comment: int, *, remark: bool = False) -> None:
        """Once."""
        del remark
        if comment not in self.reactions:
            self._begin(f"react {comment}")
            self.reactions.add(comment)
            self._end(f"react {comment}")

    async def put_check(self, wanted: CheckWanted) -> Check:
        """Writes only what differs."""
        there = next((c for c in self.checked if (c.name, c.sha, c.app) == (wanted.name, wanted.sha, "agentctl")), None)
        new = Check(
            id=there.id if there else 0,
            name=wanted.name,
            sha=wanted.sha,
            state=wanted.state,
            title=wanted.title,
            summary=wanted.summary,
            annotations=wanted.annotations,
            app="agentctl",
            external_id=wanted.external_id,
        )
        if there == new:
            return new
        self._begin(f"put_check {wanted.name} {wanted.state}")
        new = replace(new, id=new.id or self._number())
        self.checked = [each for each in self.checked if each is not there] + [new]
        self._end(f"put_check {wanted.name} {wanted.state}")
        return new

    async def ask_review(self, number: int, reviewers: Sequence[str]) -> None:
        """Writes only who was not asked."""
        new = tuple(dict.fromkeys([*self.asked.get(number, ()), *reviewers]))
        if new != self.asked.get(number, ()):
            self._begin(f"ask_review {number}")
            self.asked[number] = new
            self._end(f"ask_review {number}")

    async def merge(self, number: int, *, sha: str, method: MergeMethod, title: str, message: str) -> str:
        """By real git; a conflict is refused. A rebase makes one commit, which is all that can be seen of it."""
        pull = await self.pull(number)
        if pull is None or pull.state == "closed":
            raise ForgeRefused(f"there is no open pull request #{number}")
        if pull.state == "merged":
            return pull.merged_sha
        if pull.head_sha != sha:
            raise HeadMoved(f"#{number} is at {pull.head_sha[:10]}, not at {sha[:10]}")
        if pull.draft:
            raise ForgeRefused(f"#{number} is a draft")
        self._begin(f"merge {number}")
        tree = self._git("merge-tree", "--write-tree", pull.base_sha, sha)
        parents = [pull.base_sha, sha] if method == "merge" else [pull.base_sha]
        above = [part for parent in parents for part in ("-p", parent)]
        commit = self._git("commit-tree", tree, *above, "-m", title, *(["-m", message] if message else []))
        self._git("update-ref", f"refs/heads/{pull.base}", commit, pull.base_sha)
        self.requests[number] = replace(pull, state="merged", merged_sha=commit)
        self._end(f"merge {number}")
        return commit

    async def close_connection(self) -> None:
        """Nothing to close."""

    def comment_by(self, login: str, number: int, body: str) -> Comment:
        """Somebody comments."""
        self.tick += 1
        new = Comment(
            id=self._number(), body=body, author=Account(login=login), created_at=self.tick, updated_at=self.tick
        )
        self.said.setdefault(number, []).append(new)
        return new

    def issue_by(self, login: str, title: str, body: str, *, labels: tuple[str, ...] = ()) -> Issue:
        """Somebody opens an issue."""
        new = Issue(number=self._number(), title=title, body=body, author=Account(login=login), labels=labels)
        self.issues[new.number] = new
        return new

    def _pull(self, number: int) -> Pull:
        if number not in self.requests:
            raise ForgeRefused(f"{self.name} has no pull request #{number}")
        return self.requests[number]

    def _number(self) -> int:
        held = sum(len(each) for each in self.said.values()) + sum(len(each) for each in self.remarked.values())
        return 1 + len(self.issues) + len(self.requests) + held + len(self.checked)

    def _begin(self, what: str) -> None:
        self.before(what)
        self.tick += 1

    def _end(self, what: str) -> None:
        self.writes.append(what)
        self.after(what)

    def _git(self, *words: str, check: bool = True, strip: bool = True) -> str:
        who = {"GIT_AUTHOR_NAME": "forge", "GIT_AUTHOR_EMAIL": "forge@example.org"}
        who |= {"GIT_COMMITTER_NAME": "forge", "GIT_COMMITTER_EMAIL": "forge@example.org", "PATH": "/usr/bin:/bin"}
        command = ["git", "--git-dir", str(self.remote), *words]
        output = subprocess.run(command, capture_output=True, check=check, env=who, text=True).stdout
        return output.strip() if strip else output
