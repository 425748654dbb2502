"""Issues and pull requests on GitHub: read, opened, edited, labelled, and shown to reviewers."""

from collections.abc import Mapping, Sequence

from ...errors import ForgeRefused
from ...nouns.forge import Issue, Pull
from .asking import Json
from .place import Place, read, read_all
from .queries import DRAFT, READY
from .refusals import Refused
from .shapes import IssueShape, PullShape

_LONGEST_TITLE = 256


class Pulls(Place):
    """The part of the port about issues and pull requests."""

    async def issue(self, number: int) -> Issue | None:
        """None for one that is gone, or has moved to another repository."""
        answer = await self._client.look(self._at("issues", number))
        found = read(IssueShape, answer.body).noun() if answer is not None else None
        return found if found is not None and found.number == number else None

    async def pull(self, number: int) -> Pull | None:
        """As GitHub has it now."""
        found = await self._pull(number)
        return found.noun() if found is not None else None

    async def pulls(self, *, head: str = "", author: str = "", state: str = "open") -> Sequence[Pull]:
        """Oldest first."""
        query: dict[str, str | int] = {"state": state, "sort": "created", "direction": "asc"}
        if head:
            query["head"] = f"{self._repo.owner}:{head}"
        found = [each async for each in self._client.walk(self._at("pulls"), query)]
        all_ = [each.noun() for each in read_all(PullShape, found)]
        return tuple(
            each
            for each in all_
            if (not head or (each.head == head and not each.fork)) and (not author or each.author.login == author)
        )

    async def files(self, number: int) -> Sequence[str]:
        """What it changes; a file that was renamed by both of its names."""
        found = [each async for each in self._client.walk(self._at("pulls", number, "files"))]
        names = (str(each[key]) for each in found for key in ("previous_filename", "filename") if each.get(key))
        return tuple(dict.fromkeys(names))

    async def open_pull(self, *, head: str, base: str, title: str, body: str, draft: bool) -> Pull:
        """The open one from that branch, or a new one."""
        new = {"head": head, "base": base, "title": title[:_LONGEST_TITLE], "body": body, "draft": draft}
        what = f"open a pull request from {head} into {base} of {self._repo}"

        async def look() -> Pull | None:
            return next(iter(await self.pulls(head=head)), None)

        async def make() -> Pull:
            try:
                answer = await self._client.write("POST", self._at("pulls"), new, what=what)
            except Refused as error:
                if error.no.invalid and error.no.says("already exists") and (there := await look()) is not None:
                    return there
                if error.no.invalid and error.no.says("draft pull requests are not supported"):
                    raise ForgeRefused(f"{self._repo} has no drafts, as its plan has none: open it as ready.") from None
                raise
            return read(PullShape, answer.body).noun()

        return await self._once(look, make)

    async def edit_pull(self, number: int, *, title: str = "", body: str = "", base: str = "") -> Pull:
        """Only what differs is sent."""
        pull = (await self._there(number)).noun()
        wanted = {"title": title[:_LONGEST_TITLE], "body": body, "base": base}
        stands = {"title": pull.title, "body": pull.body.replace("\r\n", "\n"), "base": pull.base}
        changes = {key: text for key, text in wanted.items() if text and text != stands[key]}
        if not changes:
            return pull
        path = self._at("pulls", number)
        answer = await self._client.write("PATCH", path, changes, what=f"edit #{number} of {self._repo}")
        return read(PullShape, answer.body).noun()

    async def set_draft(self, number: int, *, draft: bool) -> None:
        """By GraphQL: REST cannot."""
        pull = await self._there(number)
        if bool(pull.draft) != draft:
            what = f"make #{number} of {self._repo} {'a draft' if draft else 'ready for review'}"
            await self._client.ask(DRAFT if draft else READY, {"id": pull.node_id}, what=what)

    async def close(self, number: int) -> None:
        """Closed already is well."""
        if (await self._there(number)).noun().state == "open":
            path = self._at("pulls", number)
            await self._client.write("PATCH", path, {"state": "closed"}, what=f"close #{number} of {self._repo}")

    async def ask_review(self, number: int, reviewers: Sequence[str]) -> None:
        """Each is asked once, whatever became of it; who cannot be asked is left out."""
        asked = await self._asked(number)
        author = (await self._there(number)).noun().author.login
        wanted = dict.fromkeys(each.removeprefix("@") for each in reviewers)
        new = [each for each in wanted if each not in asked and each != author and "@" not in each and each]
        if not new:
            return
        try:
            await self._request(number, new)
        except Refused as error:
            if not error.no.invalid:
                raise
            for each in new if len(new) > 1 else ():  # GitHub takes all or none
                await self._request_if_it_can(number, each)

    async def _request_if_it_can(self, number: int, reviewer: str) -> None:
        try:
            await self._request(number, [reviewer])
        except Refused as error:
            if not error.no.invalid:
                raise

    async def _request(self, number: int, reviewers: Sequence[str]) -> None:
        body = {
            "reviewers": [each for each in reviewers if "/" not in each],
            "team_reviewers": [each.partition("/")[2] for each in reviewers if "/" in each],
        }
        path = self._at("pulls", number, "requested_reviewers")
        await self._client.again(path, body, what=f"ask for a review of #{number} of {self._repo}")

    async def _asked(self, number: int) -> frozenset[str]:
        """Who was ever asked: somebody who has answered is not in GitHub's list of the asked any more."""
        asked = set()
        async for each in self._client.walk(self._at("issues", number, "events")):
            if each.get("event") == "review_requested":
                asked |= {_named(each.get("requested_reviewer"), "login", "")}
                asked |= {_named(each.get("requested_team"), "slug", f"{self._repo.owner}/")}
        return frozenset(asked - {""})

    async def _pull(self, number: int) -> PullShape | None:
        answer = await self._client.look(self._at("pulls", number))
        return read(PullShape, answer.body) if answer is not None else None

    async def _there(self, number: int) -> PullShape:
        """Raises ForgeRefused where it is not."""
        if (found := await self._pull(number)) is None:
            raise ForgeRefused(f"{self._repo} has no pull request #{number}, or this login may not see it.")
        return found


def _named(found: object, key: str, before: str) -> str:
    name: Json = found if isinstance(found, Mapping) else {}
    return f"{before}{name[key]}" if name.get(key) else ""
