"""Answers that emulate does not give: checks by commit, statuses, reactions, permissions, GraphQL, logs, forks."""

import re

from .of_pulls import drafted, enqueued
from .world import Answer, Json, Request, World, now, page, refused

_LEGACY = {"maintain": "write", "triage": "read"}
"""What the field ``permission`` says of what came after it was made; ``role_name`` says all."""
_MUTATION = re.compile(r"\b(markPullRequestReadyForReview|convertPullRequestToDraft|enqueuePullRequest)\b")


async def make_check(world: World, request: Request) -> Answer:
    """``POST check-runs``: emulate keeps it, we keep whose it is."""
    sha = world.bare.commit_of(str(request.json.get("head_sha", "")))
    if sha is None:
        return refused(422, f"No commit found for SHA: {request.json.get('head_sha')}")
    status, headers, made = await world.pass_on(request)
    if "id" in made:
        world.memory.checks[made["id"]] = (sha, request.who)
        made = world.right(made)
        if made["status"] == "completed":
            await world.tell("check_run", {"action": "completed", "check_run": made}, by=request.who)
    return Answer(status=status, body=made, headers=headers)


async def move_check(world: World, request: Request, number: str) -> Answer:
    """``PATCH check-runs/ID``: only by who made it."""
    if world.memory.checks.get(int(number), ("", request.who))[1] != request.who:
        return refused(403, "Invalid app_id: check run is not owned by this app")
    status, headers, made = await world.pass_on(request)
    return Answer(status=status, body=made, headers=headers)


async def checks(world: World, request: Request, name: str) -> Answer:
    """``GET commits/REF/check-runs``."""
    sha, latest = world.bare.commit_of(name), dict[tuple[str, str], Json]()
    for number, (commit, maker) in list(world.memory.checks.items()):
        if commit == sha:
            _, check = await world.ask("GET", f"/repos/{world.repo}/check-runs/{number}")
            every = request.query.get("filter") == "all"
            latest[str(number) if every else check["name"], maker] = check
    found = [each for each in latest.values() if request.query.get("check_name") in (None, each["name"])]
    part, link = page(found, request)
    return Answer(body={"total_count": len(found), "check_runs": part}, headers=link)


async def annotations(world: World, request: Request, _number: str) -> Answer:
    """``GET check-runs/ID/annotations``: a list, and nothing around it."""
    status, headers, found = await world.pass_on(request)
    return Answer(status=status, body=found.get("check_annotations", found), headers=headers)


async def set_status(world: World, request: Request, sha: str) -> Answer:
    """``POST statuses/SHA``."""
    said, commit = request.json, world.bare.commit_of(sha)
    if commit is None or said.get("state") not in ("error", "failure", "pending", "success"):
        return refused(422, "Validation Failed")
    made = {"id": len(world.memory.statuses) + 1, "context": "default", "description": None, "target_url": None}
    made |= {**said, "sha": commit, "created_at": now(), "updated_at": now(), "creator": {"login": request.who}}
    world.memory.statuses.append(made)
    await world.tell("status", made | {"name": world.repo, "branches": [], "commit": {"sha": commit}}, by=request.who)
    return Answer(status=201, body=made)


async def statuses(world: World, request: Request, name: str) -> Answer:
    """``GET commits/REF/statuses``, newest first."""
    found = [each for each in reversed(world.memory.statuses) if each["sha"] == world.bare.commit_of(name)]
    part, link = page(found, request)
    return Answer(body=part, headers=link)


async def combined(world: World, _request: Request, name: str) -> Answer:
    """``GET commits/REF/status``: the latest of each context."""
    sha = world.bare.commit_of(name)
    latest = {each["context"]: each for each in world.memory.statuses if each["sha"] == sha}
    states = {each["state"] for each in latest.values()}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    body = {"state": state, "sha": sha, "total_count": len(latest), "statuses": list(latest.values())}
    return Answer(body=body)


async def react(world: World, request: Request, kind: str, number: str) -> Answer:
    """``POST …/reactions``: one of each kind for each person."""
    content = request.json.get("content")
    of = f"{kind}/{number}"
    there = (each for each in world.memory.reactions if (each["of"], each["content"]) == (of, content))
    mine = next((each for each in there if each["user"]["login"] == request.who), None)
    if mine is not None:
        return Answer(body=mine)
    user = {"login": request.who, "type": "Bot" if request.who.endswith("[bot]") else "User"}
    made = {"id": len(world.memory.reactions) + 1, "of": of, "content": content, "user": user, "created_at": now()}
    world.memory.reactions.append(made)
    return Answer(status=201, body=made)


async def reactions(world: World, request: Request, kind: str, number: str) -> Answer:
    """``GET …/reactions``."""
    wanted = request.query.get("content")
    found = [each for each in world.memory.reactions if each["of"] == f"{kind}/{number}"]
    part, link = page([each for each in found if wanted in (None, each["content"])], request)
    return Answer(body=part, headers=link)


async def permission(world: World, _request: Request, login: str) -> Answer:
    """``GET collaborators/LOGIN/permission``: everybody may read what is public."""
    status, user = await world.ask("GET", f"/users/{login}")
    if status != 200:  # noqa: PLR2004 - HTTP's own number
        return refused(404, "Not Found")
    role = world.people.get(login, "read")
    return Answer(body={"permission": _LEGACY.get(role, role), "role_name": role, "user": user})


async def log(world: World, _request: Request, number: str) -> Answer:
    """``GET actions/jobs/ID/logs``: a job of Actions has the id of its check run."""
    text = world.memory.logs.get(int(number))
    if text is None:
        return refused(404, "Not Found")
    return Answer(body=text.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})


async def job(world: World, _request: Request, number: str) -> Answer:
    """``GET actions/jobs/ID``."""
    if int(number) not in world.memory.logs:
        return refused(404, "Not Found")
    sha = world.memory.checks[int(number)][0]
    check = f"{world.base}/repos/{world.repo}/check-runs/{number}"
    said = {"id": int(number), "run_id": int(number), "head_sha": sha, "status": "completed", "check_run_url": check}
    return Answer(body=said)


async def rules(world: World, _request: Request, _branch: str) -> Answer:
    """``GET rules/branches/NAME``."""
    return Answer(body=world.memory.rules)


async def issue(world: World, request: Request, number: str) -> Answer:
    """``GET issues/N``: every pull request is an issue too."""
    status, headers, found = await world.pass_on(request)
    if status == 404 and "head" in (pull := await world.pull(int(number))):  # noqa: PLR2004 - HTTP's own number
        return Answer(body=_as_issue(pull))
    return Answer(status=status, body=found, headers=headers)


async def issues(world: World, request: Request) -> Answer:
    """``GET issues``: with the pull requests among them, by state, label and moment."""
    state, wanted = request.query.get("state", "open"), request.query.get("labels", "")
    found = []
    for kind in ("issues", "pulls"):
        _, some = await world.ask("GET", f"/repos/{world.repo}/{kind}?state={state}&per_page=100")
        found += [each if kind == "issues" else _as_issue(each) for each in some]
    labels = {each for each in wanted.split(",") if each}
    found = [each for each in found if labels <= {label["name"] for label in each["labels"]}]
    found = [each for each in found if each["updated_at"] >= request.query.get("since", "")]
    by = "updated_at" if request.query.get("sort") == "updated" else "created_at"
    falling = request.query.get("direction", "desc") == "desc"
    found.sort(key=lambda each: (each[by], each["number"]), reverse=falling)
    part, link = page(found, request)
    return Answer(body=part, headers=link)


def _as_issue(pull: Json) -> Json:
    same = ("number", "title", "body", "user", "state", "labels", "html_url", "created_at", "updated_at", "closed_at")
    url = str(pull["url"])
    more = {"url": url.replace("/pulls/", "/issues/"), "pull_request": {"url": url, "html_url": pull["html_url"]}}
    return {key: pull[key] for key in same} | more | {"id": pull["id"], "node_id": pull["node_id"]}


async def comments(world: World, request: Request, kind: str) -> Answer:
    """``GET issues/comments`` and ``GET pulls/comments``: of the whole repository, by moment."""
    found = []
    for source in ("issues", "pulls") if kind == "issues" else ("pulls",):
        _, some = await world.ask("GET", f"/repos/{world.repo}/{source}?state=all&per_page=100")
        for each in some:
            path = f"/repos/{world.repo}/{kind}/{each['number']}/comments?per_page=100"
            found += (await world.ask("GET", path))[1]
    found = [each for each in found if each["updated_at"] >= request.query.get("since", "")]
    by = "updated_at" if request.query.get("sort") == "updated" else "created_at"
    found.sort(key=lambda each: (each[by], each["id"]), reverse=request.query.get("direction") == "desc")
    part, link = page(found, request)
    return Answer(body=part, headers=link)


async def events(world: World, request: Request, number: str = "") -> Answer:
    """``GET issues/events``, newest first, and ``GET issues/N/events``, oldest first."""
    found = [each for each in world.memory.events if number in ("", str(each["issue"]["number"]))]
    part, link = page(found if number else found[::-1], request)
    return Answer(body=part, headers=link)


async def installed_in(world: World, _request: Request) -> Answer:
    """``GET /installation/repositories``."""
    _, found = await world.ask("GET", f"/repos/{world.repo}")
    return Answer(body={"total_count": 1, "repository_selection": "all", "repositories": [found]})


async def fork(world: World, request: Request) -> Answer:
    """``POST forks``: with a repository that holds what ours holds now."""
    status, headers, made = await world.pass_on(request)
    if "full_name" in made and not world.bare_of(made["full_name"]).folder.is_dir():
        world.bare_of(made["full_name"]).fork(world.bare)
    return Answer(status=status, body=made, headers=headers)


async def graphql(world: World, request: Request) -> Answer:
    """``POST /graphql``: three mutations that have no other way, and two questions; everything else is refused."""
    said = request.json
    if "refUpdateRule" in str(said.get("query", "")):
        return Answer(body={"data": {"repository": await _rule(world, said.get("variables", {}))}})
    found = _MUTATION.search(str(said.get("query", "")))
    text = str(said.get("query", "")) + str(said.get("variables", ""))
    _, pulls = await world.ask("GET", f"/repos/{world.repo}/pulls?state=all&per_page=100")
    pull = next((each for each in pulls if re.search(rf"['\"]{re.escape(each['node_id'])}['\"]", text)), None)
    if pull is not None and "isInMergeQueue" in text:
        return Answer(body={"data": {"node": {"isInMergeQueue": pull["number"] in world.memory.queue}}})
    if found is None or pull is None:
        kind = "NOT_FOUND" if found else "undefinedField"
        return Answer(body={"data": None, "errors": [{"type": kind, "message": "not there, or not emulated"}]})
    name, number = found.group(1), int(pull["number"])
    if name == "enqueuePullRequest":
        await enqueued(world, number, by=request.who)
        return Answer(body={"data": {name: {"mergeQueueEntry": {"position": len(world.memory.queue)}}}})
    await drafted(world, number, draft=name == "convertPullRequestToDraft", by=request.who)
    after = await world.pull(number)
    return Answer(body={"data": {name: {"pullRequest": {"id": pull["node_id"], "isDraft": after["draft"]}}}})


async def _rule(world: World, asked: Json) -> Json:
    name = asked.get("branch") or world.main
    _, rule = await world.ask("GET", f"/repos/{world.repo}/branches/{name}/protection")
    reviews, needed = rule.get("required_pull_request_reviews"), "required_approving_review_count"
    said = {
        "requiredApprovingReviewCount": (reviews or {}).get(needed),
        "requiredStatusCheckContexts": (rule.get("required_status_checks") or {}).get("contexts", []),
        "requiresCodeOwnerReviews": bool((reviews or {}).get("require_code_owner_reviews")),
        "requiresSignatures": False,
    }
    queues = any(each.get("type") == "merge_queue" for each in world.memory.rules)
    there = "required_status_checks" in rule
    return {"ref": {"refUpdateRule": said if there else None}, "mergeQueue": {"id": "MQ_1"} if queues else None}
