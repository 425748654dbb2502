"""What a branch on GitHub asks of what is merged into it, and the merge itself: that head, and no other."""

from collections.abc import Iterable, Mapping
from itertools import chain

from ...errors import ForgeAway, ForgeRefused, HeadMoved
from ...nouns.forge import MergeMethod, Protection
from .asking import Json
from .pulls import Pulls
from .queries import ENQUEUE, QUEUED, RULE
from .refusals import Refused
from .repository import Repository
from .shapes import PullShape

_NOT_MERGEABLE, _CONFLICT = 405, 409
_ALLOWED: Mapping[MergeMethod, str] = {
    "merge": "allow_merge_commit",
    "squash": "allow_squash_merge",
    "rebase": "allow_rebase_merge",
}


class Merging(Repository, Pulls):
    """The part of the port about merging."""

    async def protection(self, branch: str) -> Protection:
        """From rulesets, and from a branch's own protection as far as this login sees it; GitHub enforces the rest."""
        settings = await self._settings()
        methods = tuple(way for way, key in _ALLOWED.items() if settings.get(key) is not False)
        rules = [each async for each in self._client.walk(self._at("rules", "branches", branch))]
        found = [*map(_of_rule, rules), await self._of_branch(branch)]
        allowed = [each for each in (_methods(rule) for rule in rules) if each]
        return Protection(
            required_checks=tuple(dict.fromkeys(chain.from_iterable(each.required_checks for each in found))),
            approvals=max(each.approvals for each in found),
            code_owners=any(each.code_owners for each in found),
            merge_queue=any(each.merge_queue for each in found),
            signatures=any(each.signatures for each in found),
            methods=tuple(way for way in methods if all(way in each for each in allowed)),
        )

    async def merge(self, number: int, *, sha: str, method: MergeMethod, title: str, message: str) -> str:
        """Merged already is well."""
        pull = await self._mergeable(number, sha)
        if merged := pull.noun().merged_sha:
            return merged
        if (await self.protection(pull.base.ref)).merge_queue:
            await self._enqueue(pull, sha)
            return ""
        body = {"sha": sha, "merge_method": method, "commit_title": title, "commit_message": message}
        what = f"merge #{number} of {self._repo}"
        try:
            answer = await self._client.write("PUT", self._at("pulls", number, "merge"), body, what=what)
        except Refused as error:
            return await self._not_merged(number, sha, error)
        found = answer.body
        return str(found.get("sha") or "") if isinstance(found, Mapping) else ""

    async def _mergeable(self, number: int, sha: str) -> PullShape:
        pull = await self._there(number)
        now = pull.noun()
        if now.state == "closed":
            raise ForgeRefused(f"#{number} of {self._repo} is closed: open it again to merge it.")
        if now.state == "open" and now.head_sha != sha:
            raise HeadMoved(
                f"#{number} of {self._repo} is at {now.head_sha[:10]}, not at {sha[:10]}: look at what is new."
            )
        if now.state == "open" and now.draft:
            raise ForgeRefused(f"#{number} of {self._repo} is a draft: make it ready before it is merged.")
        return pull

    async def _not_merged(self, number: int, sha: str, error: Refused) -> str:
        """Tell the ways apart in which GitHub does not merge; a lost answer may hide that it did."""
        if merged := (await self._mergeable(number, sha)).noun().merged_sha:
            return merged
        if error.no.says("base branch was modified"):
            raise ForgeAway(f"{error} Its base moved meanwhile.", seconds=2.0) from None
        if error.no.status == _CONFLICT:
            raise HeadMoved(str(error)) from None
        if error.no.status == _NOT_MERGEABLE:
            todo = "See what its page says: a conflict, a missing approval or check, or a method that is off."
            raise ForgeRefused(f"{error} {todo}") from None
        raise error

    async def _enqueue(self, pull: PullShape, sha: str) -> None:
        what = f"queue #{pull.number} of {self._repo}"
        node = (await self._client.ask(QUEUED, {"id": pull.node_id}, what=what)).get("node")
        if not (isinstance(node, Mapping) and node.get("isInMergeQueue")):
            await self._client.ask(ENQUEUE, {"id": pull.node_id, "head": sha}, what=what)

    async def _of_branch(self, branch: str) -> Protection:
        """A branch's own protection. Its reviews and its queue are seen by GraphQL, or by administrators."""
        answer = await self._client.look(self._at("branches", branch))
        found = answer.body if answer is not None else None
        if not isinstance(found, Mapping) or not found.get("protected"):
            return Protection()
        own = _part(found, "protection")
        checks = _checks(_part(own, "required_status_checks"))
        names = {"owner": self._repo.owner, "name": self._repo.name, "branch": branch, "ref": f"refs/heads/{branch}"}
        try:
            seen = await self._client.ask(RULE, names, what=f"show the rules of {branch}")
        except Refused:
            return await self._as_administrator(branch, checks)
        repository = _part(seen, "repository")
        rule = _part(_part(repository, "ref"), "refUpdateRule")
        return Protection(
            required_checks=(*checks, *_texts(rule.get("requiredStatusCheckContexts"))),
            approvals=_number(rule.get("requiredApprovingReviewCount")),
            code_owners=bool(rule.get("requiresCodeOwnerReviews")),
            merge_queue=bool(repository.get("mergeQueue")),
            signatures=bool(rule.get("requiresSignatures")),
        )

    async def _as_administrator(self, branch: str, checks: tuple[str, ...]) -> Protection:
        try:
            answer = await self._client.look(self._at("branches", branch, "protection"))
        except Refused:
            return Protection(required_checks=checks)
        found = answer.body if answer is not None and isinstance(answer.body, Mapping) else {}
        reviews = _part(found, "required_pull_request_reviews")
        return Protection(
            required_checks=(*checks, *_checks(_part(found, "required_status_checks"))),
            approvals=_number(reviews.get("required_approving_review_count")),
            code_owners=bool(reviews.get("require_code_owner_reviews")),
            signatures=bool(_part(found, "required_signatures").get("enabled")),
        )


def _of_rule(rule: Json) -> Protection:
    """One rule of a ruleset."""
    kind, own = rule.get("type"), _part(rule, "parameters")
    if kind == "required_status_checks":
        return Protection(required_checks=_checks(own))
    if kind == "pull_request":
        approvals = _number(own.get("required_approving_review_count"))
        return Protection(approvals=approvals, code_owners=bool(own.get("require_code_owner_review")))
    return Protection(merge_queue=kind == "merge_queue", signatures=kind == "required_signatures")


def _methods(rule: Json) -> tuple[str, ...]:
    """The methods that a rule leaves; empty where it speaks of none."""
    if rule.get("type") == "required_linear_history":
        return ("squash", "rebase")
    return _texts(_part(rule, "parameters").get("allowed_merge_methods")) if rule.get("type") == "pull_request" else ()


def _checks(found: Json) -> tuple[str, ...]:
    """Required checks, which GitHub has named in three ways over the years."""
    named = [*_rows(found.get("checks")), *_rows(found.get("required_status_checks"))]
    return (*_texts(found.get("contexts")), *(str(each["context"]) for each in named if each.get("context")))


def _part(found: Json, key: str) -> Json:
    part = found.get(key)
    return part if isinstance(part, Mapping) else {}


def _rows(found: object) -> Iterable[Json]:
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _texts(found: object) -> tuple[str, ...]:
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()


def _number(found: object) -> int:
    return found if isinstance(found, int) else 0
