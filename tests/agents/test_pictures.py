"""Pictures of a spec reach those who can see, from git alone; of every other one a person or a model is told."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl import specs
from agentctl.agents import recording
from agentctl.agents.desk.inbox import Inbox, prompt_id
from agentctl.agents.digest import digest, dump_request, load_message, load_request, message_digest
from agentctl.agents.models.desk import DeskModel
from agentctl.agents.models.port import Message, Picture, Reply, Request, ToolCall, ToolSpec, Usage
from agentctl.agents.models.replay import Drift, ReplayModel
from agentctl.agents.models.tiers import PICTURE_TOKENS, estimate_prompt
from agentctl.agents.pictures import (
    EMPTY,
    MOST,
    MOST_BYTES,
    MOST_TOGETHER,
    Album,
    Framed,
    collect,
    data_url,
    in_words,
    kind,
    locate,
    missing,
    not_shown,
    unreadable,
)
from agentctl.agents.planner import ModelPlanner
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.git.opening import create_repository
from agentctl.orchestrator.nouns.events import RunCreated
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import SpecPicture
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.ports import Brief
from agentctl.orchestrator.spec_view import spec_view
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.sqlite import SqliteStore
from agentctl.specs.parse import parse

Made = Any
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
JPEG = b"\xff\xd8\xff\xe0" + b"j" * 50
GIF = b"GIF89a" + b"g" * 50
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + b"w" * 50
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE = Picture(path="docs/page.png", alt="the page", mime="image/png", data=PNG)
MENU = Picture(path="docs/menu.jpg", alt="", mime="image/jpeg", data=JPEG)
ALBUM = Album(
    framed=(Framed(picture=PAGE, items=frozenset({"R1"})), Framed(picture=MENU, items=frozenset({"R2"}))),
)
KEY = CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=0)
REQUEST = Request(tier="flash", messages=(Message(role="user", text="Build it.\n", pictures=(PAGE, MENU)),))
OLD = Request(
    tier="flash",
    messages=(
        Message(role="system", text="You write code."),
        Message(role="user", text="Grüße"),
        Message(
            role="assistant",
            text="",
            calls=(ToolCall(id="c1", name="read", arguments={"path": "a", "b": [1, None]}),),
        ),
        Message(role="tool", text="A = 1", call="c1"),
    ),
    tools=(ToolSpec(name="read", description="Read.", parameters={"type": "object"}),),
)
"""A request as recordings of before hold it."""


def shown(path: str, *, item: str = "", line: int = 3) -> SpecPicture:
    return SpecPicture(path=path, alt="it", line=line, item=item)


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[dict[str, bytes]], Any]:
    """Commits files of a real repository, and gives its door and the commit; ``-> x`` makes a symbolic link."""

    def make(files: dict[str, bytes]) -> Any:
        root = tmp_path / "repo"
        door = create_repository(root, at=1_700_000_000)
        environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}

        def git(*arguments: str) -> str:
            who = ["git", "-C", str(root), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
            return subprocess.run([*who, *arguments], env=environ, check=True, capture_output=True, text=True).stdout

        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content.startswith(b"-> "):
                path.symlink_to(content[3:].decode())
            else:
                path.write_bytes(content)
        git("add", "-A")
        git("commit", "-q", "-m", "scene")
        return door, git("rev-parse", "HEAD").strip()

    return make


async def test_pictures_beside_the_spec_are_found_in_the_commit_and_nowhere_else(
    repository: Made, tmp_path: Path
) -> None:
    git, base = repository({"docs/a b.png": PNG, "menu.jpg": JPEG, "docs/x.gif": GIF, "docs/y": WEBP})
    (tmp_path / "repo/docs/new.png").write_bytes(PNG)
    (tmp_path / "repo/docs/a b.png").write_bytes(b"changed since")
    wanted = ["a%20b.png", "../menu.jpg", "/docs/x.gif", "./y?raw=true", "new.png"]
    found = await collect([shown(path) for path in wanted], place="docs/spec.md", base=base, git=git)
    assert [(each.path, each.mime, each.data) for each in found.all()] == [
        ("docs/a b.png", "image/png", PNG),
        ("menu.jpg", "image/jpeg", JPEG),
        ("docs/x.gif", "image/gif", GIF),
        ("docs/y", "image/webp", WEBP),
    ]
    assert missing(found) == (
        "pictures of the spec that models are not shown:\n"
        "  new.png (line 3): it is not in the commit that the run starts from; commit it"
    )


async def test_what_is_no_picture_of_the_repository_is_named_and_not_shown(repository: Made, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    git, base = repository(
        {
            "docs/real.png": PNG,
            "docs/a.svg": SVG,
            "docs/empty.png": b"",
            "docs/text.png": b"hello\n",
            "docs/link.png": b"-> real.png",
            "docs/out.png": b"-> ../../secret.png",
            "docs/large.png": PNG.ljust(MOST_BYTES + 1, b"x"),
            "docs/lfs.png": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        }
    )
    wanted = [
        *("a.svg", "empty.png", "text.png", "link.png", "out.png", "large.png", "lfs.png"),
        *("../../secret.png", str(tmp_path / "secret.png"), "..", "", "//[", "https://a.b/c.png"),
        *("//a.b/c.png", "file:///etc/passwd", "data:image/png;base64," + "A" * 500, "a\x1b[31m.png", "a\nb.png"),
    ]
    found = await collect([shown(path) for path in wanted], place="docs/spec.md", base=base, git=git)
    assert found.all() == ()
    no_picture, no_file = "it is no PNG, JPEG, GIF or WebP picture", "it is a symbolic link; name the file itself"
    outside, absent = "it leads out of the repository", "it is not in the commit that the run starts from; commit it"
    address = "it is an address; nothing is fetched, so put the file into the repository"
    assert found.left_out == (
        f"a.svg (line 3): {no_picture}",
        f"empty.png (line 3): {no_picture}",
        f"text.png (line 3): {no_picture}",
        f"link.png (line 3): {no_file}",
        f"out.png (line 3): {no_file}",
        "large.png (line 3): it is larger than 5 MB",
        "lfs.png (line 3): git holds only its Git LFS pointer",
        f"../../secret.png (line 3): {outside}",
        f"{tmp_path / 'secret.png'} (line 3): {absent}",
        f".. (line 3): {absent}",
        f" (line 3): {absent}",
        "//[ (line 3): it is no path",
        f"https://a.b/c.png (line 3): {address}",
        f"//a.b/c.png (line 3): {address}",
        f"file:///etc/passwd (line 3): {address}",
        f"data:image/png;base64,{'A' * 98} (line 3): {address}",
        f"a\N{REPLACEMENT CHARACTER}[31m.png (line 3): {absent}",
        f"a b.png (line 3): {absent}",
    )


async def test_of_too_many_pictures_the_first_are_shown(git: Made) -> None:
    files = {f"{n}.png": PNG + bytes([n]) for n in range(MOST + 2)}
    twice = [shown("0.png", item="R1"), *(shown(path) for path in files), shown("0.png", item="R2")]
    found = await collect(twice, place="spec.md", base=git.tree(files), git=git)
    assert [each.path for each in found.all()] == [f"{n}.png" for n in range(MOST)]
    assert found.left_out == tuple(f"{n}.png (line 3): at most 8 pictures are shown" for n in (MOST, MOST + 1))
    assert found.framed[0].items == {"", "R1", "R2"}
    assert git.reads == MOST


def test_pictures_that_are_too_large_together_are_not_shown() -> None:
    assert unreadable(PNG, shown=MOST_TOGETHER - len(PNG)) == ""
    assert unreadable(PNG, shown=MOST_TOGETHER) == "the pictures are larger than 14 MB together"
    assert MOST_TOGETHER * 4 / 3 < 20_000_000


async def test_a_spec_from_elsewhere_and_one_given_as_text(git: Made) -> None:
    base = git.tree({"a.png": PNG})
    elsewhere = await collect([shown("a.png")], place=None, base=base, git=git)
    assert elsewhere.left_out == ("a.png (line 3): the spec is not in the repository, so its files are not looked for",)
    assert [each.path for each in (await collect([shown("a.png")], place="", base=base, git=git)).all()] == ["a.png"]
    assert await collect([], place=None, base="no commit", git=git) == EMPTY
    assert missing(EMPTY) == ""


def test_a_picture_is_known_by_its_bytes() -> None:
    kinds = [kind(content) for content in (PNG, JPEG, GIF, WEBP, SVG, b"", b"RIFF1234WAVE", b"%PDF-1.7")]
    assert kinds == ["image/png", "image/jpeg", "image/gif", "image/webp", None, None, None, None]
    assert locate("a/../../b.png", place="x/spec.md") == ("b.png", "")


def test_a_spec_says_whose_picture_it_is() -> None:
    text = "# a\n![all](a.png)\n\n- **R1** It MUST x ![one](b.png)\n- **Q1** Is it y? ![open](c.png)\n"
    assert spec_view(parse(text)).pictures == (
        SpecPicture(path="a.png", alt="all", line=2),
        SpecPicture(path="b.png", alt="one", line=4, item="R1"),
        SpecPicture(path="c.png", alt="open", line=5),
    )


async def test_a_worker_sees_the_pictures_of_its_requirements_at_every_turn(converse: Made, reply: Made) -> None:
    general = Framed(picture=replace(MENU, path="all.jpg"), items=frozenset({"", "R2"}))
    album = replace(ALBUM, framed=(*ALBUM.framed, general))
    talk = converse(reply(("read", {"path": "a.py"})), reply(("submit", {"summary": "x"})), album=album)
    await talk.turn(0)
    await talk.turn(1)
    for _, request in talk.model.asked:
        assert [message.pictures for message in request.messages[:2]] == [(), (PAGE, general.picture)]
        assert not any(message.pictures for message in request.messages[2:])


async def test_the_planner_sees_all_pictures(git: Made, spec: Made, scripted: Made) -> None:
    brief = Brief(spec=spec, base_tree=git.tree({}))
    seeing = await ModelPlanner(scripted([]), git=git, album=ALBUM).request(brief)
    blind = await ModelPlanner(scripted([]), git=git).request(brief)
    assert seeing.messages[1].pictures == (PAGE, MENU)
    assert replace(seeing, messages=blind.messages) == blind
    assert digest(seeing) != digest(blind)


async def test_a_patch_made_from_another_picture_is_not_used_again(converse: Made) -> None:
    one, other = converse(album=ALBUM).worker, converse(album=replace(ALBUM, framed=ALBUM.framed[:1])).worker
    without = converse().worker
    assert len({each.prompt_version for each in (one, other, without)}) == 3
    assert one.prompt_version.startswith(without.prompt_version)


def test_requests_without_pictures_are_what_they_were() -> None:
    assert digest(OLD) == "e2d3650ec99879dc8f994dae4f73fc49b269e9df4788f64c89978d2d5d404f57"
    assert message_digest(OLD.messages[2]) == "ba36263e7f09a5ef94195bb6178b1bdc7335e4d515ddab834e36272809e8bc4f"
    assert estimate_prompt(OLD) == 115
    assert dump_request(OLD) == (
        '{"max_tokens":8000,"messages":[{"call":"","calls":[],"role":"system","text":"You write code."},'
        '{"call":"","calls":[],"role":"user","text":"Grüße"},{"call":"","calls":[{"arguments":{"b":[1,null],"path":"a"}'
        ',"error":"","id":"c1","name":"read"}],"role":"assistant","text":""},{"call":"c1","calls":[],"role":"tool",'
        '"text":"A = 1"}],"schema":null,"temperature":0.2,"tier":"flash","tools":[{"description":"Read.","name":"read",'
        '"parameters":{"type":"object"}}]}'
    )


def test_what_ships_as_a_recording_has_the_digests_it_had() -> None:
    shipped = recording.read(Path(specs.__file__).parent / "examples/quickstart.recording.jsonl")
    assert shipped.messages
    assert {name for name in shipped.messages if message_digest(shipped.message(name)) != name} == set()


def test_a_request_with_pictures_comes_back_from_json_and_holds_each_once() -> None:
    again = Message(role="user", text="And again.", pictures=(PAGE,))
    request = replace(REQUEST, messages=(*REQUEST.messages, again))
    wire = json.loads(dump_request(request))
    assert [picture["sha256"] for picture in wire["pictures"]] == [PAGE.sha256, MENU.sha256]
    assert "data" not in json.dumps(wire["messages"])
    assert load_request(dump_request(request)) == request
    other = replace(PAGE, data=PNG + b"!")
    assert digest(replace(request, messages=(replace(again, pictures=(other,)),))) != digest(
        replace(request, messages=(again,))
    )


def test_a_picture_that_is_not_its_digests_is_refused() -> None:
    wire = json.loads(dump_request(REQUEST))
    with pytest.raises(ValueError, match=r"the picture docs/page.png .* is missing or damaged"):
        load_request(json.dumps({**wire, "pictures": wire["pictures"][1:]}))
    with pytest.raises(ValueError, match="missing or damaged"):
        load_message(json.dumps(wire["messages"][0]), {PAGE.sha256: JPEG, MENU.sha256: JPEG})


def test_a_text_no_file_can_hold_has_a_digest_in_a_conversation_too() -> None:
    broken = ToolCall(id="1", name="write", arguments={"content": "a\ud800"})
    request = Request(tier="flash", messages=(Message(role="assistant", text="", calls=(broken,)),))
    assert len(digest(request)) == 64
    assert load_request(dump_request(request)).messages[0].calls[0].arguments == {"content": "a?"}


def test_the_price_of_a_request_counts_its_pictures() -> None:
    blind = replace(REQUEST, messages=(replace(REQUEST.messages[0], pictures=()),))
    extra = estimate_prompt(REQUEST) - estimate_prompt(blind)
    assert 2 * PICTURE_TOKENS <= extra < 2 * PICTURE_TOKENS + 200


def journal_with(path: Path | None, *requests: Request, redact: Callable[[str], str] = str) -> Journal:
    """A journal in which each of these requests was answered, a turn each."""
    journal = Journal(path, clock=SystemClock(), redact=redact)
    for turn, request in enumerate(requests):
        key = replace(KEY, turn=turn)
        journal.start(
            key, digest=digest(request), request=dump_request(request), tier="flash", model="", reserved_usd=0.0
        )
        journal.done(
            key,
            reply=('{"text":"ok","calls":[],"usage":{"prompt":1,"completion":1},"model":"m","usd":0.0,"seconds":1.0}'),
            model="m",
            usd=0.0,
            prompt=1,
            completion=1,
            cached=0,
            estimated=False,
            seconds=1.0,
        )
    return journal


def test_the_journal_keeps_a_picture_once_and_whole(tmp_path: Path) -> None:
    large = replace(PAGE, data=PNG + os.urandom(300_000))
    first = replace(REQUEST, messages=(Message(role="user", text="iVBOR is a secret", pictures=(large,)),))
    turns = [
        replace(first, messages=(*first.messages, *[Message(role="assistant", text=f"turn {n}")] * n))
        for n in range(20)
    ]
    with journal_with(
        tmp_path / "calls.db", *turns, redact=lambda text: text.replace("iVBOR", "[redacted]")
    ) as journal:
        assert data_url(large).startswith("data:image/png;base64,iVBOR")
        for call, request in zip(journal.calls(), turns, strict=True):
            stored = load_request(journal.blob(call.request_blob))
            assert stored.messages[0] == Message(role="user", text="[redacted] is a secret", pictures=(large,))
            assert stored.messages[1:] == request.messages[1:]
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3 * 400_000


def recorded(path: Path, *requests: Request) -> recording.Recording:
    store = SqliteStore(None, clock=SystemClock(), redact=str, blobs=None)
    settings = RunSettings(profile="desk", repo=".")
    spec = store.put_blob("# Spec\n")
    store.append(
        RunCreated(run="8f2c", spec_id="s", spec_blob=spec, title="A spec", base="0" * 40, settings=settings),
        author="driver",
    )
    with journal_with(None, *requests) as journal:
        recording.write(path, journal=journal, store=store)
    return recording.read(path)


async def test_a_recording_holds_each_picture_once_and_replays(tmp_path: Path) -> None:
    second = replace(REQUEST, messages=(*REQUEST.messages, Message(role="assistant", text="Done.")))
    played = recorded(tmp_path / "run.jsonl", REQUEST, second)
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [line["line"] for line in lines].count("picture") == 2
    assert lines[-1]["pictures"] == 2
    assert played.message(message_digest(REQUEST.messages[0])) == REQUEST.messages[0]
    drifts: list[Drift] = []
    replay = ReplayModel(played, clock=SystemClock(), scale=0.0, on_drift=drifts.append)
    assert (await replay.complete(KEY, REQUEST)).text == "ok"
    assert drifts == []
    other = replace(REQUEST.messages[0], pictures=(replace(PAGE, data=PNG + b"!"), MENU))
    await replay.complete(KEY, replace(REQUEST, messages=(other,)))
    assert f"-picture docs/page.png {PAGE.sha256[:12]} the page" in drifts[0].what


def test_a_recording_without_pictures_says_nothing_of_them(tmp_path: Path) -> None:
    recorded(tmp_path / "run.jsonl", OLD)
    assert "picture" not in (tmp_path / "run.jsonl").read_text()


def test_what_cannot_be_seen_is_told_in_the_text() -> None:
    told = in_words(REQUEST, not_shown).messages[0]
    assert told.text == (
        "Build it.\n\nThe picture `docs/page.png` (the page) is not shown.\nThe picture `docs/menu.jpg` is not shown.\n"
    )
    assert told.pictures == ()
    partly = in_words(REQUEST, not_shown, which=lambda picture: picture == MENU).messages[0]
    assert (partly.text, partly.pictures) == ("Build it.\n\nThe picture `docs/menu.jpg` is not shown.\n", (PAGE,))
    assert in_words(OLD, not_shown) is OLD


async def test_at_the_desk_the_prompt_names_the_picture_to_attach(tmp_path: Path) -> None:
    prompts: list[str] = []

    class Person(SystemClock):
        async def sleep(self, seconds: float) -> None:
            assert seconds < 1
            prompts.extend(prompt.text for prompt in Inbox(tmp_path).waiting())
            assert "iVBOR" not in (tmp_path / f"{prompt_id('8f2c', KEY)}.json").read_text()
            Inbox(tmp_path).reply(prompt_id("8f2c", KEY), "Seen.")

    answered: Reply = await DeskModel(tmp_path, run="8f2c", clock=Person()).complete(KEY, REQUEST)
    assert answered.text == "Seen."
    assert answered.usage == Usage(prompt=answered.usage.prompt, completion=2, estimated=True)
    assert answered.usage.prompt < PICTURE_TOKENS
    assert "The picture `docs/page.png` (the page) belongs here; it is in the repository, to be attached." in prompts[0]
