"""Things that happen on a forge, short to write."""

from agentctl.cli.bot.book import Message
from agentctl.cli.bot.found import message_of
from agentctl.orchestrator.nouns.forge import Account, Comment, RepoName
from agentctl.orchestrator.nouns.happenings import Commented, Delivery, Happening, PullMoved

SHED, BARN = RepoName(owner="acme", name="shed"), RepoName(owner="acme", name="barn")
ADA, BOB = Account(login="ada"), Account(login="bob")


def delivery(name: str, what: Happening, *, repo: RepoName = SHED) -> Delivery:
    return Delivery(id=name, repo=repo, happening=what)


def said(name: str, text: str = "/agentctl run", *, number: int = 1, repo: RepoName = SHED) -> Delivery:
    comment = Comment(id=7, body=text, author=ADA, created_at=1.0, updated_at=1.0)
    return delivery(name, Commented(number=number, comment=comment, pull=False), repo=repo)


def moved(name: str, head: str, *, before: str = "", number: int = 1, repo: RepoName = SHED) -> Delivery:
    return delivery(
        name, PullMoved(number=number, action="synchronize", by=ADA, head_sha=head, before=before), repo=repo
    )


def found(*deliveries: Delivery) -> list[Message]:
    return [message_of(each, at=0.0) for each in deliveries]
