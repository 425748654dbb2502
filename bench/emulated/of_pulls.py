"""Answers about pull requests where emulate and git have to agree: opened, edited, drafts, reviews, merged."""

import json

from .bare import Bare, Conflict, Moved
from .of_git import end_as_merged, pushed
from .world import Answer, Json, Request, World, now, refused


async def open_pull(world: World, request: Request) -> Answer:
    """``POST pulls``: refused where a branch is not there, holds nothing new, or has one already."""
    said = request.json
    owner, _, name = str(said.get("head", "")).rpartition(":")
    held = world.bare_of(f"{owner or world.repo.split('/')[0]}/{world.repo.split('/')[1]}")
    head = held.branches().get(name) if held.folder.is_dir() else None
    base = world.bare.branches().get(str(said.get("base", "")))
    if head is None or base is None:
        return _invalid("head" if head is None else "base", "invalid")
    if held != world.bare:
        world.bare.git("fetch", "--quiet", str(held.folder), head)
    if not world.bare.log(base, head):
        return _invalid("", f"No commits between {said['base']} and {name}")
    whole = f"{owner or world.repo.split('/')[0]}:{name}"
    _, there = await world.ask("GET", f"/repos/{world.repo}/pulls?head={whole}&base={said['base']}")
    if there:
        return _invalid("", f"A pull request already exists for {whole}.")
    status, headers, pull = await world.pass_on(request)
    if "number" in pull:
        world.bare.git("update-ref", f"refs/pull/{pull['number']}/head", head)
        pull["mergeable"] = None
    return Answer(status=status, body=pull, headers=headers)


async def edit_pull(world: World, request: Request, number: str) -> Answer:
    """``PATCH pulls/N``: a draft is none of its fields; another base is told of."""
    said = {key: value for key, value in request.json.items() if key != "draft"}
    before = await world.pull(int(number))
    base = said.get("base")
    if base is not None and base not in world.bare.branches():
        return _invalid("base", "invalid")
    if base is not None and not world.bare.log(str(base), before["head"]["sha"]):
        return _invalid("base", f"There are no new commits between base branch '{base}' and head branch")
    status, headers, pull = await world.pass_on(request, body=json.dumps(said).encode())
    if base is not None and "base" in pull and base != before["base"]["ref"]:
        changes = {"base": {"ref": {"from": before["base"]["ref"]}, "sha": {"from": before["base"]["sha"]}}}
        told = {"action": "edited", "number": int(number), "changes": changes, "pull_request": pull}
        await world.tell("pull_request", told, by=request.who)
    return Answer(status=status, body=pull, headers=headers)


async def merge(world: World, request: Request, number: str) -> Answer:
    """``PUT pulls/N/merge``: by real git, of the head that was named and no other."""
    pull, said = await world.pull(int(number)), request.json
    if "head" not in pull:
        return refused(404, "Not Found")
    if not world.may_write(request.who):
        return refused(403, "Must have push access")
    head, base = pull["head"]["sha"], pull["base"]["sha"]
    if pull["state"] != "open" or pull["draft"]:
        why = "Pull Request is still a draft" if pull["draft"] else "Pull Request is not mergeable"
        return refused(405, why)
    if said.get("sha") not in (None, head):
        return refused(409, "Head branch was modified. Review and try the merge again.")
    if missing := await _missing(world, pull):
        return refused(405, missing)
    title = said.get("commit_title") or f"{pull['title']} (#{number})"
    message = f"{title}\n\n{said.get('commit_message', '')}".strip()
    try:
        made = world.bare.merged(base, head, method=said.get("merge_method", "merge"), message=message)
    except Conflict:
        return refused(405, "Pull Request is not mergeable")
    world.bare.move(pull["base"]["ref"], made, at=base)
    await end_as_merged(world, pull, sha=made, by=request.who)
    await pushed(world, [Moved(branch=pull["base"]["ref"], before=base, after=made)], by=request.who)
    return Answer(body={"sha": made, "merged": True, "message": "Pull Request successfully merged"})


async def _missing(world: World, pull: Json) -> str:
    status, rule = await world.ask("GET", f"/repos/{world.repo}/branches/{pull['base']['ref']}/protection")
    if status != 200:  # noqa: PLR2004 - HTTP's own number
        return ""
    wanted = set((rule.get("required_status_checks") or {}).get("contexts", ()))
    if wanted - await green(world, pull["head"]["sha"]):
        return f"Required status check {min(wanted)!r} is expected."
    needed = (rule.get("required_pull_request_reviews") or {}).get("required_approving_review_count", 0)
    _, reviews = await world.ask("GET", f"/repos/{world.repo}/pulls/{pull['number']}/reviews")
    last = {each["user"]["login"]: each["state"] for each in reviews if each["state"] != "COMMENTED"}
    last.pop(pull["user"]["login"], None)
    if list(last.values()).count("APPROVED") < needed or ("CHANGES_REQUESTED" in last.values() and needed):
        return f"At least {needed} approving review is required by reviewers with write access."
    return ""


async def green(world: World, sha: str) -> set[str]:
    """Names of the checks and statuses of a commit whose latest word is well."""
    said: dict[str, str] = {}
    for number, (commit, _) in list(world.memory.checks.items()):
        if commit == sha:
            _, check = await world.ask("GET", f"/repos/{world.repo}/check-runs/{number}")
            said[check["name"]] = check["conclusion"] or ""
    said |= {each["context"]: each["state"] for each in world.memory.statuses if each["sha"] == sha}
    return {name for name, state in said.items() if state in ("success", "neutral", "skipped")}


async def review(world: World, request: Request, number: str) -> Answer:
    """``POST pulls/N/reviews``: nobody approves what is theirs; its remarks are remarks on lines."""
    said, pull = request.json, await world.pull(int(number))
    if "user" in pull and pull["user"]["login"] == request.who and said.get("event") in ("APPROVE", "REQUEST_CHANGES"):
        return refused(422, "Can not approve or request changes on your own pull request")
    bare_said = {key: value for key, value in said.items() if key != "comments"}
    bare_said.setdefault("commit_id", pull.get("head", {}).get("sha"))
    status, headers, made = await world.pass_on(request, body=json.dumps(bare_said).encode())
    for each in said.get("comments", ()) if "id" in made else ():
        token = request.headers.get("Authorization", "").split()[-1]
        remark = {"commit_id": bare_said["commit_id"], "side": "RIGHT", **each}
        _, comment = await world.ask("POST", f"/repos/{world.repo}/pulls/{number}/comments", remark, token=token)
        world.memory.review_of[comment["id"]] = made["id"]
        world.memory.lines[comment["id"]] = (bare_said["commit_id"], each["path"], each["line"])
    return Answer(status=status, body=made, headers=headers)


async def remark(world: World, request: Request, number: str) -> Answer:
    """``POST pulls/N/comments``: on a line, or an answer (``in_reply_to``)."""
    said = request.json
    if "in_reply_to" in said:
        return await reply(world, request, number, str(said["in_reply_to"]))
    status, headers, made = await world.pass_on(request)
    if "id" in made:
        world.memory.lines[made["id"]] = (said["commit_id"], said["path"], said["line"])
    return Answer(status=status, body=world.right(made), headers=headers)


async def reply(world: World, request: Request, number: str, thread: str) -> Answer:
    """``POST pulls/N/comments/ID/replies``: where the first of its thread is; answers to answers are refused."""
    status, first = await world.ask("GET", f"/repos/{world.repo}/pulls/comments/{thread}")
    if status != 200:  # noqa: PLR2004 - HTTP's own number
        return refused(404, "Not Found")
    if first.get("in_reply_to_id"):
        return _invalid("in_reply_to", "is a reply itself")
    place = {"path": first["path"], "commit_id": first["original_commit_id"], "line": first.get("original_line")}
    said = place | {"body": request.json.get("body"), "in_reply_to_id": int(thread), "side": "RIGHT"}
    token = request.headers.get("Authorization", "").split()[-1]
    status, made = await world.ask("POST", f"/repos/{world.repo}/pulls/{number}/comments", said, token=token)
    if int(thread) in world.memory.lines:
        world.memory.lines[made["id"]] = world.memory.lines[int(thread)]
    return Answer(status=status, body=world.right(made))


async def edited(world: World, request: Request, number: str) -> Answer:
    """``PATCH`` of any comment: from here on it is one that was edited."""
    world.memory.edited.add(int(number))
    status, headers, made = await world.pass_on(request)
    return Answer(status=status, body=made, headers=headers)


async def drafted(world: World, number: int, *, draft: bool, by: str) -> None:
    """Make a pull request a draft, or ready."""
    before = await world.pull(number)
    if before["draft"] == draft:
        return
    await world.ask("PATCH", f"/repos/{world.repo}/pulls/{number}", {"draft": draft})
    world.memory.touched[number] = now()
    action = "converted_to_draft" if draft else "ready_for_review"
    told = {"action": action, "number": number, "pull_request": await world.pull(number)}
    await world.tell("pull_request", told, by=by)


async def enqueued(world: World, number: int, *, by: str) -> None:
    """Put a pull request into the merge queue: a branch that holds it on its base, and a word that it is waiting."""
    pull = await world.pull(number)
    base, head = pull["base"]["sha"], pull["head"]["sha"]
    bare: Bare = world.bare
    made = bare.merged(base, head, method="merge", message=f"Merge pull request #{number}")
    branch = f"gh-readonly-queue/{pull['base']['ref']}/pr-{number}-{base}"
    bare.git("update-ref", f"refs/heads/{branch}", made)
    world.memory.queue.append(number)
    await world.tell("pull_request", {"action": "enqueued", "number": number, "pull_request": pull}, by=by)
    group = {"head_sha": made, "head_ref": f"refs/heads/{branch}", "base_sha": base}
    group["base_ref"] = f"refs/heads/{pull['base']['ref']}"
    await world.tell("merge_group", {"action": "checks_requested", "merge_group": group}, by=by)


def _invalid(field: str, message: str) -> Answer:
    said = {"resource": "PullRequest", "code": "invalid" if field else "custom", "field": field, "message": message}
    return Answer(status=422, body={"message": "Validation Failed", "errors": [said], "status": "422"})
