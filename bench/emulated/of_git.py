"""Answers that come from real git: branches, refs, files, commits, comparisons; and what a push sets going."""

import base64
from collections.abc import Sequence

from .bare import NOTHING, Bare, Moved
from .world import Answer, Json, Request, World, now, page, refused

_NOT_FOUND = refused(404, "Not Found")
_STATES = {"A": "added", "D": "removed", "M": "modified", "T": "changed"}


async def branches(world: World, request: Request) -> Answer:
    """``GET branches``."""
    found = [_branch(world, name, sha) for name, sha in sorted(world.bare.branches().items())]
    part, link = page(found, request)
    return Answer(body=part, headers=link)


async def branch(world: World, _request: Request, name: str) -> Answer:
    """``GET branches/NAME``."""
    sha = world.bare.branches().get(name)
    if sha is None:
        return refused(404, "Branch not found")
    status, rule = await world.ask("GET", f"/repos/{world.repo}/branches/{name}/protection")
    found = _branch(world, name, sha) | {"protected": status == 200}  # noqa: PLR2004 - HTTP's own number
    if status == 200:  # noqa: PLR2004 - as above
        checks = rule.get("required_status_checks") or {"contexts": [], "checks": []}
        found["protection"] = {"enabled": True, "required_status_checks": checks}
    return Answer(body=found)


async def ref(world: World, _request: Request, name: str) -> Answer:
    """``GET git/ref/heads/NAME``."""
    sha = world.bare.branches().get(name)
    return Answer(body=_ref(world, name, sha)) if sha else _NOT_FOUND


async def refs_like(world: World, _request: Request, prefix: str) -> Answer:
    """``GET git/matching-refs/heads/PREFIX``."""
    found = sorted(world.bare.branches().items())
    return Answer(body=[_ref(world, name, sha) for name, sha in found if name.startswith(prefix)])


async def make_ref(world: World, request: Request) -> Answer:
    """``POST git/refs``."""
    name = str(request.json.get("ref", "")).removeprefix("refs/heads/")
    sha = world.bare.commit_of(str(request.json.get("sha", "")))
    if sha is None:
        return refused(422, "Object does not exist")
    if name in world.bare.branches():
        return refused(422, "Reference already exists")
    world.bare.git("update-ref", f"refs/heads/{name}", sha)
    await pushed(world, [Moved(branch=name, before=NOTHING, after=sha)], by=request.who)
    return Answer(status=201, body=_ref(world, name, sha))


async def move_ref(world: World, request: Request, name: str) -> Answer:
    """``PATCH git/refs/heads/NAME``."""
    before, after = world.bare.branches().get(name), world.bare.commit_of(str(request.json.get("sha", "")))
    if before is None or after is None:
        return refused(422, "Reference does not exist" if before is None else "Object does not exist")
    if not request.json.get("force") and not _is_in(world.bare, before, after):
        return refused(422, "Update is not a fast forward")
    world.bare.move(name, after, at=before)
    await pushed(world, [Moved(branch=name, before=before, after=after)], by=request.who)
    return Answer(body=_ref(world, name, after))


async def delete_ref(world: World, request: Request, name: str) -> Answer:
    """``DELETE git/refs/heads/NAME``."""
    before = world.bare.branches().get(name)
    if before is None:
        return refused(422, "Reference does not exist")
    world.bare.delete(name)
    await pushed(world, [Moved(branch=name, before=before, after=NOTHING)], by=request.who)
    return Answer(status=204)


async def contents(world: World, request: Request, path: str) -> Answer:
    """``GET contents/PATH``."""
    at = world.bare.commit_of(request.query.get("ref", world.main))
    raw = world.bare.text(at, path) if at else None
    if raw is not None and "raw" in request.headers.get("Accept", ""):
        return Answer(body=raw, headers={"Content-Type": "application/octet-stream"})
    if raw is not None:
        text = base64.encodebytes(raw).decode()
        said = {"type": "file", "encoding": "base64", "size": len(raw), "content": text, **_named(path)}
        return Answer(body=said)
    listed = world.bare.git("ls-tree", f"{at}:{path}").splitlines() if at and _is_folder(world.bare, at, path) else []
    entries = [line.split(None, 3) for line in listed]
    kinds = {"blob": "file", "tree": "dir"}
    found = [{"type": kinds.get(each[1], each[1]), **_named(f"{path}/{each[3]}".lstrip("/"))} for each in entries]
    return Answer(body=found) if found else _NOT_FOUND


async def commits(world: World, request: Request) -> Answer:
    """``GET commits``."""
    start = world.bare.commit_of(request.query.get("sha", world.main))
    if start is None:
        return _NOT_FOUND
    part, link = page(world.bare.git("rev-list", "-n", "300", start).splitlines(), request)
    return Answer(body=[_commit(world, sha) for sha in part], headers=link)


async def commit(world: World, _request: Request, name: str) -> Answer:
    """``GET commits/REF``."""
    sha = world.bare.commit_of(name)
    if sha is None:
        return refused(422, f"No commit found for SHA: {name}")
    return Answer(body=_commit(world, sha))


async def compare(world: World, _request: Request, span: str) -> Answer:
    """``GET compare/BASE...HEAD``."""
    left, _, right = span.partition("...")
    base, head = world.bare.commit_of(left), world.bare.commit_of(right)
    if base is None or head is None:
        return _NOT_FOUND
    ahead, behind = world.bare.log(base, head), world.bare.log(head, base)
    states = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind", (False, False): "identical"}
    return Answer(
        body={
            "status": states[bool(ahead), bool(behind)],
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "merge_base_commit": _commit(world, world.bare.git("merge-base", base, head)),
            "commits": [_commit(world, sha) for sha in ahead],
            "files": _files(world, base, head),
        }
    )


async def pull_files(world: World, request: Request, number: str) -> Answer:
    """``GET pulls/N/files``."""
    pull = await world.pull(int(number))
    if "head" not in pull:
        return _NOT_FOUND
    part, link = page(_files(world, pull["base"]["sha"], pull["head"]["sha"]), request)
    return Answer(body=part, headers=link)


async def pull_commits(world: World, request: Request, number: str) -> Answer:
    """``GET pulls/N/commits``."""
    pull = await world.pull(int(number))
    if "head" not in pull:
        return _NOT_FOUND
    part, link = page(world.bare.log(pull["base"]["sha"], pull["head"]["sha"]), request)
    return Answer(body=[_commit(world, sha) for sha in part], headers=link)


async def pulls_of_commit(world: World, request: Request, sha: str) -> Answer:
    """``GET commits/SHA/pulls``."""
    _, pulls = await world.ask("GET", f"/repos/{world.repo}/pulls?state=all&per_page=100")
    found = [each for each in pulls if sha in (each["head"]["sha"], each.get("merge_commit_sha"))]
    part, link = page(found, request)
    return Answer(body=part, headers=link)


async def pushed(world: World, moves: Sequence[Moved], *, by: str) -> None:
    """Tell of moved branches, and bring pull requests to where they are now."""
    for moved in moves:
        await world.tell("push", _push(world, moved, by=by), by=by)
        if moved.after == NOTHING:
            for number in {*await world.numbers(head=moved.branch), *await world.numbers(base=moved.branch)}:
                await world.ask("PATCH", f"/repos/{world.repo}/pulls/{number}", {"state": "closed"})
            continue
        await _synchronized(world, moved, by=by)
        for number in await world.numbers(base=moved.branch) if moved.before != NOTHING else ():
            await _merged_by_push(world, number, moved, by=by)


async def _synchronized(world: World, moved: Moved, *, by: str) -> None:
    for number in await world.numbers(head=moved.branch):
        world.memory.touched[number] = now()
        world.bare.git("update-ref", f"refs/pull/{number}/head", moved.after)
        said = {"action": "synchronize", "number": number, "before": moved.before, "after": moved.after}
        await world.tell("pull_request", said | {"pull_request": await world.pull(number)}, by=by)


async def _merged_by_push(world: World, number: int, moved: Moved, *, by: str) -> None:
    pull = await world.pull(number)
    head = pull["head"]["sha"]
    if _is_in(world.bare, head, moved.after) and not _is_in(world.bare, head, moved.before):
        await end_as_merged(world, pull, sha=moved.after, by=by)


async def end_as_merged(world: World, pull: Json, *, sha: str, by: str) -> None:
    """Close a pull request whose changes are in its base."""
    number = pull["number"]
    _, account = await world.ask("GET", f"/users/{by}")
    merged = {"merged": True, "merged_at": now(), "merged_by": account, "merge_commit_sha": sha}
    world.memory.merged[number] = merged
    token = next((token for token, login in world.tokens.items() if login == by), "")
    await world.ask("PATCH", f"/repos/{world.repo}/pulls/{number}", {"state": "closed"}, token=token)


def _is_in(bare: Bare, older: str, newer: str) -> bool:
    return bare.git("rev-list", "--count", f"{newer}..{older}") == "0"


def _is_folder(bare: Bare, at: str, path: str) -> bool:
    return not path or any(
        line.split(None, 3)[1:2] == ["tree"] for line in bare.git("ls-tree", at, "--", path.rstrip("/")).splitlines()
    )


def _push(world: World, moved: Moved, *, by: str) -> dict[str, Json]:
    made, gone = moved.before == NOTHING, moved.after == NOTHING
    return {
        "ref": f"refs/heads/{moved.branch}",
        "before": moved.before,
        "after": moved.after,
        "created": made,
        "deleted": gone,
        "forced": not made and not gone and not _is_in(world.bare, moved.before, moved.after),
        "base_ref": None,
        "compare": f"{world.base}/{world.repo}/compare/{moved.before[:12]}...{moved.after[:12]}",
        "commits": [],
        "head_commit": None,
        "pusher": {"name": by, "email": None},
    }


def _branch(world: World, name: str, sha: str) -> dict[str, Json]:
    url = f"{world.base}/repos/{world.repo}/commits/{sha}"
    return {"name": name, "commit": {"sha": sha, "url": url}, "protected": False}


def _ref(world: World, name: str, sha: str) -> dict[str, Json]:
    place = f"{world.base}/repos/{world.repo}/git"
    return {
        "ref": f"refs/heads/{name}",
        "node_id": f"REF_{name}",
        "url": f"{place}/refs/heads/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{place}/commits/{sha}"},
    }


def _named(path: str) -> dict[str, str]:
    return {"path": path, "name": path.rsplit("/", 1)[-1]}


def _commit(world: World, sha: str) -> dict[str, Json]:
    told = world.bare.git("show", "-s", "--format=%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B", sha)
    tree, parents, name, mail, at, name2, mail2, at2, message = told.split("\n", 8)
    url = f"{world.base}/repos/{world.repo}/commits/{sha}"
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": url,
        "html_url": f"{world.base}/{world.repo}/commit/{sha}",
        "commit": {
            "message": message.strip(),
            "tree": {"sha": tree, "url": f"{url}/tree"},
            "author": {"name": name, "email": mail, "date": at},
            "committer": {"name": name2, "email": mail2, "date": at2},
            "comment_count": 0,
            "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None},
        },
        "author": None,
        "committer": None,
        "parents": [{"sha": each, "url": url} for each in parents.split()],
    }


def _files(world: World, base: str, head: str) -> list[Json]:
    return [
        {
            "sha": world.bare.git("rev-parse", f"{base if letter == 'D' else head}:{path}"),
            "filename": path,
            "status": _STATES.get(letter, "changed"),
            "additions": added,
            "deletions": gone,
            "changes": added + gone,
        }
        for letter, path, added, gone in world.bare.changed(base, head)
    ]
