"""What to do next with the pull requests of a run, from its slices and from what the forge has of them. Pure.

The rules, in words. The lowest slice comes first. What a person did stands: a pull request they closed is not opened
again, a branch they pushed to is not moved, a text they edited keeps their words, a base they chose stays. What stood
on a slice that was merged goes where that went. Nothing is pushed that the gate has refused. Doing all of it and asking
again gives nothing more to do, so whoever was killed in between asks again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from ..nouns.delivery import Opened
from ..nouns.forge import Pull
from ..nouns.policy import Policy
from ..nouns.stack import (
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
from .stack_ground import Ground, below, closed_by_a_person, covered, ground, merged_into, merged_of
from .stack_text import digest, quoted, stack_section, wanted_body, with_section

BELOW_CLOSED = "agentctl:below-closed"
"""Marker of the comment that says that what a pull request stands on was closed; it ends with the number of that."""
CLASHES = "agentctl:clashes"
"""Marker of the comment that names the files in the way of a new base; it ends with the commit."""
ENDED = "agentctl:ended"
"""Marker of the comment that says why we closed one."""
_SHOWN = 10
"""Digits of a commit in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for all slices of a run."""

    target: str
    """The branch that the lowest ones go to."""
    policy: Policy = field(default_factory=Policy)
    others_open: int = 0
    """Pull requests of ours that other runs have open."""
    now: float = 0.0
    zone: tzinfo | None = None
    me: str = ""
    """The login we speak as, whom nobody can ask for a review."""


def next_actions(stack: Sequence[Standing], gone: Sequence[Gone], terms: Terms) -> tuple[Action, ...]:
    """What is to be done, in order; it ends with a rebuild where what comes after depends on what that gives."""
    by_name = {each.name: each for each in stack}
    room = _room(stack, gone, terms)
    waiting = dict(_waiting(stack, by_name, room=room, terms=terms))
    found: list[Action] = [action for each in gone for action in _of_gone(each)]
    for each in stack:
        actions = list(_of(each, stack, by_name, waiting=waiting, terms=terms))
        found += actions
        if any(isinstance(action, Rebuild) for action in actions):
            break
    return tuple(found)


def ready_at(opened_at: float, hour: str, *, zone: tzinfo | None) -> float:
    """The first such hour, as ``09:00``, at or after a moment; the moment itself where no hour is given."""
    if not hour:
        return opened_at
    moment = datetime.fromtimestamp(opened_at, zone).astimezone(zone)
    hours, _, minutes = hour.partition(":")
    at = moment.replace(hour=int(hours), minute=int(minutes or 0), second=0, microsecond=0)
    return (at if at >= moment else at + timedelta(days=1)).timestamp()


def theirs(standing: Standing, stack: Mapping[str, Standing]) -> bool:
    """Whether a branch is where somebody else moved it; a pull request of ours that was merged into it is ours."""
    if standing.remote is None or standing.remote in {standing.head, standing.cut.head}:
        return False
    if standing.kept is not None and standing.remote in standing.kept.heads:
        return False
    return not _holds_ours(standing, stack)


def _holds_ours(standing: Standing, stack: Mapping[str, Standing]) -> bool:
    """Whether a branch is where it is because a pull request of ours was merged into it."""
    pulls = (each.pull for each in stack.values() if each.pull is not None)
    return any(
        pull.state == "merged" and (pull.base, pull.merged_sha) == (standing.cut.branch, standing.remote)
        for pull in pulls
    )


def _open(standing: Standing | Gone) -> bool:
    return standing.pull is not None and standing.pull.state == "open"


def _room(stack: Sequence[Standing], gone: Sequence[Gone], terms: Terms) -> int:
    ours = sum(_open(each) for each in stack) + sum(_open(each) for each in gone)
    return terms.policy.max_open_prs - terms.others_open - ours


def _to_open(standing: Standing, stack: Mapping[str, Standing]) -> bool:
    """Whether it has no pull request and should have one."""
    if _open(standing) or covered(standing) or closed_by_a_person(standing) or standing.red or standing.empty:
        return False
    return not theirs(standing, stack) and not any(closed_by_a_person(each) for each in below(standing, stack))


def _waiting(
    stack: Sequence[Standing], by_name: Mapping[str, Standing], *, room: int, terms: Terms
) -> Iterator[tuple[str, str]]:
    """The slices for which there is no room, and why."""
    for each in (each for each in stack if _to_open(each, by_name)):
        if room <= 0:
            yield each.name, f"waits: no more than {terms.policy.max_open_prs} are open at once"
        room -= 1


def _of_gone(gone: Gone) -> Iterator[Action]:
    """The pull request of a slice that is not there any more."""
    kept = gone.kept
    if gone.pull is not None and kept.state == "ended":
        yield from _ended(kept, gone.pull)
    if not _open(gone) or gone.pull is None:
        return
    if gone.remote is not None and gone.remote not in kept.heads:
        yield Told(name=kept.name, words=f"#{kept.number} is of no slice any more, and somebody pushed to it: it stays")
        return
    yield from _closed(kept, kept.number, "The run was cut anew, and other pull requests bring this.")


def _closed(kept: Opened | None, number: int, why: str) -> Iterator[Action]:
    """Close it once: who opens it again wants that."""
    if kept is not None and kept.number == number and ENDED in kept.said:
        yield Told(name=kept.name, words=f"#{number} was opened again by hand, and stays: {why}")
    elif kept is not None:
        yield ClosePull(name=kept.name, number=number, why=why)


def _of(
    each: Standing,
    stack: Sequence[Standing],
    by_name: Mapping[str, Standing],
    *,
    waiting: Mapping[str, str],
    terms: Terms,
) -> Iterator[Action]:
    yield from _kept(each, terms)
    if covered(each):
        return
    if closed_by_a_person(each) and each.pull is not None:
        yield Told(name=each.name, words=f"#{each.pull.number} was closed by hand and is not opened again")
        return
    place = ground(each, by_name, target=terms.target)
    closed = next((low for low in below(each, by_name) if closed_by_a_person(low)), None)
    if closed is not None:
        yield from _on_closed(each, closed)
        return
    if theirs(each, by_name):
        yield from _of_theirs(each, place)
        return
    inside = merged_into(each, by_name)
    if place.commit != each.base or (inside != each.also and not _pushed(each)):
        yield from _to_rebuild(each, place, inside)
        return
    yield from _as_it_is(each, stack, place, waiting=waiting, terms=terms)


def _kept(each: Standing, terms: Terms) -> Iterator[Keep]:
    """What others did since we looked last, and what we did and could not write down."""
    pull = each.pull
    if pull is None:
        return
    kept = each.kept or Opened(name=each.name, number=0, url="", head=pull.head_sha, base=pull.base)
    if kept.number == pull.number and kept.state == "ended":
        yield from _ended(kept, pull)
        return
    new = kept if kept.number == pull.number else _adopted(kept, pull, terms)
    if pull.state == "merged":
        new = replace(new, state="merged", done="" if each.lost else merged_of(each))
        if not each.lost:
            new = replace(new, landed=pull.merged_sha, landed_on=pull.base)
    elif pull.state == "closed":
        new = replace(new, state="closed")
    else:
        new = replace(new, state="open", ready=new.ready or not pull.draft)
    if new != each.kept:
        yield Keep(pull=new)


def _ended(kept: Opened, pull: Pull) -> Iterator[Keep]:
    """That it was closed by us is done, so that who opens it again is heard."""
    if pull.state == "closed" and ENDED not in kept.said:
        yield Keep(pull=replace(kept, said=(*kept.said, ENDED)))


def _adopted(kept: Opened, pull: Pull, terms: Terms) -> Opened:
    """A pull request that is ours by its branch, and that we do not know of."""
    text = digest(pull.title, pull.body) if kept.heads else ""  # of one we know nothing of, the words may be anybody's
    new = replace(kept, number=pull.number, url=pull.url, base=pull.base, title=pull.title, text=text)
    return replace(new, at=terms.now, ready=False, asked=())


def _on_closed(each: Standing, closed: Standing) -> Iterator[Action]:
    number = closed.pull.number if closed.pull is not None else 0
    if _open(each) and each.pull is not None:
        body = f"#{number}, on which this stands, was closed. Merge this without it only if that is meant; or close it."
        marker = f"{BELOW_CLOSED}:{number}"
        if each.kept is None or marker not in each.kept.said:
            yield SayOnPull(name=each.name, number=each.pull.number, body=body, marker=marker)
        yield Told(name=each.name, words=f"#{each.pull.number} stands on #{number}, which was closed by hand")
        return
    yield Told(name=each.name, words=f"is not opened: it stands on #{number}, which was closed by hand")


def _of_theirs(each: Standing, place: Ground) -> Iterator[Action]:
    """A branch that somebody pushed to: their commits stay, and ours do not follow."""
    yield from _moved_base(each, place)
    so = " and has to be put on its new base by hand" if place.commit != each.base else ""
    where = (each.remote or "")[:_SHOWN]
    yield Told(name=each.name, words=f"somebody pushed to {each.cut.branch} ({where}): it stays as they left it{so}")


def _pushed(each: Standing) -> bool:
    """Whether its branch is as we want it, or was, and a pull request of ours was merged into it since."""
    return each.remote == each.head or (
        each.kept is not None and each.kept.head == each.head and each.remote is not None
    )


def _to_rebuild(each: Standing, place: Ground, inside: tuple[str, ...]) -> Iterator[Action]:
    onto, paths = each.clash
    if onto != place.commit:
        yield Rebuild(name=each.name, onto=place.commit, also=inside)
        return
    yield from _moved_base(each, place)
    if _open(each) and each.pull is not None and each.kept is not None:
        marker = f"{CLASHES}:{onto[:_SHOWN]}"
        body = f"This cannot be put on `{onto[:_SHOWN]}`: both changed {paths}. The branch stays where it was."
        if marker not in each.kept.said:
            yield SayOnPull(name=each.name, number=each.pull.number, body=body, marker=marker)
    words = f"clashes with what is on {place.branch} now, in {paths}: it stays where it was"
    yield Told(name=each.name, words=words)


def _as_it_is(
    each: Standing, stack: Sequence[Standing], place: Ground, *, waiting: Mapping[str, str], terms: Terms
) -> Iterator[Action]:
    if each.empty:
        if _open(each) and each.pull is not None:
            yield from _closed(each.kept, each.pull.number, f"{quoted(place.branch)} holds all of it already.")
        return
    if each.red:
        yield from _moved_base(each, place)
        yield Told(name=each.name, words=f"is red on its new base and was not pushed: {each.red}")
        return
    if each.name in waiting:
        yield Told(name=each.name, words=waiting[each.name])
        return
    if each.remote != each.head and not (_pushed(each) and _is_merged_into(each, stack)):
        yield PushBranch(name=each.name, branch=each.cut.branch, new=each.head, old=each.remote)
    body = wanted_body(each, stack, waiting=waiting)
    text = digest(each.cut.title, body)
    if not _open(each):
        title = each.cut.title
        yield OpenPull(name=each.name, branch=each.cut.branch, base=place.branch, title=title, body=body, text=text)
        return
    yield from _moved_base(each, place)
    yield from _moved_text(each, stack, body, text, waiting=waiting)
    yield from _readied(each, terms)


def _is_merged_into(each: Standing, stack: Sequence[Standing]) -> bool:
    return _holds_ours(each, {other.name: other for other in stack})


def _moved_base(each: Standing, place: Ground) -> Iterator[Action]:
    """Another base only where the one it has is the one we gave it: a person's choice stays."""
    pull, kept = each.pull, each.kept
    if pull is None or kept is None or pull.state != "open" or place.branch == kept.base:
        return
    if pull.base in {kept.base, place.branch}:
        yield EditPull(name=each.name, number=pull.number, base=place.branch)
    else:
        yield Told(name=each.name, words=f"#{pull.number} goes to {pull.base}, by somebody's choice: that stays")


def _moved_text(
    each: Standing, stack: Sequence[Standing], body: str, text: str, *, waiting: Mapping[str, str]
) -> Iterator[Action]:
    """Another text only where we have something new to say; what a person wrote stays but for our own part."""
    pull, kept = each.pull, each.kept
    if pull is None or kept is None or kept.text == text:
        return
    if digest(pull.title, pull.body) in {kept.text, text}:
        yield EditPull(name=each.name, number=pull.number, title=each.cut.title, body=body, text=text)
        return
    edited = with_section(pull.body, stack_section(each, stack, waiting=waiting))
    yield EditPull(name=each.name, number=pull.number, body=edited, text=text)


def _readied(each: Standing, terms: Terms) -> Iterator[Action]:
    pull, kept = each.pull, each.kept
    if pull is None or kept is None:
        return
    due = terms.now >= ready_at(kept.at, terms.policy.draft_until, zone=terms.zone)
    if pull.draft and not kept.ready:
        if not due:
            yield Told(name=each.name, words=f"#{pull.number} stays a draft until {terms.policy.draft_until}")
            return
        yield MakeReady(name=each.name, number=pull.number)
    owners = dict.fromkeys(name.removeprefix("@") for name in each.cut.slice.owners if name.startswith("@"))
    new = tuple(o for o in owners if o not in kept.asked and o not in {terms.me, pull.author.login})
    if new and (not pull.draft or not kept.ready):
        yield AskReview(name=each.name, number=pull.number, reviewers=new)
