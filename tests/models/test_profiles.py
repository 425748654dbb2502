"""Profiles, prices and what settings change in them; nothing here imports litellm."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from agentctl.agents.models.errors import PriceUnknown
from agentctl.agents.models.port import Usage
from agentctl.agents.models.profiles import PROFILES, detect, local_models, ollama_base, tiers
from agentctl.agents.models.tiers import Price
from agentctl.orchestrator.errors import SettingsError


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_has_a_price_or_is_local(name: str) -> None:
    built = tiers(name, environ={})
    for tier in ("flash", "pro", "ultra"):
        for deployment in built.of(tier):
            assert (deployment.price is None) == (name == "ollama")
            assert deployment.context >= 32_000
            assert deployment.tools == "native"


@pytest.mark.parametrize("name", [name for name in PROFILES if name != "ollama"])
def test_hosted_profiles_have_a_fallback_for_each_tier(name: str) -> None:
    assert len(tiers(name, environ={}).flash) == len(tiers(name, environ={}).pro) == 2


def test_flash_is_cheaper_than_pro() -> None:
    for name in PROFILES.keys() - {"ollama"}:
        built = tiers(name, environ={})
        assert built.flash[0].price.completion < built.pro[0].price.completion


def test_the_key_that_is_set_is_the_one_that_is_used() -> None:
    assert tiers("gemini", environ={"GOOGLE_API_KEY": "x"}).flash[0].key_env == "GOOGLE_API_KEY"
    assert tiers("gemini", environ={}).flash[0].key_env == "GEMINI_API_KEY"


def test_a_name_takes_the_place_of_a_tiers_models() -> None:
    built = tiers("gemini", environ={}, overrides={"flash": ("anthropic/claude-haiku-4-5", "openai/gpt-5.4-mini")})
    assert [d.model for d in built.flash] == ["anthropic/claude-haiku-4-5", "openai/gpt-5.4-mini"]
    assert [d.key_env for d in built.flash] == ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"]
    assert built.flash[0].price.prompt == 1.0
    assert built.pro == tiers("gemini", environ={}).pro


def test_a_table_without_a_model_changes_the_first() -> None:
    built = tiers("gemini", environ={}, overrides={"flash": {"concurrency": 3, "prompt_usd": 9, "completion_usd": 10}})
    first, second = built.flash
    assert (first.concurrency, first.price) == (3, Price(prompt=9.0, completion=10.0))
    assert second == tiers("gemini", environ={}).flash[1]


def test_a_gateway_of_ones_own_is_a_table() -> None:
    table = {"model": "openai/house", "api_base": "http://10.0.0.2/v1", "prompt_usd": 0, "completion_usd": 0}
    [only] = tiers("openai", environ={}, overrides={"pro": table}).pro
    assert (only.model, only.api_base, only.price) == (
        "openai/house",
        "http://10.0.0.2/v1",
        Price(prompt=0, completion=0),
    )


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"flush": "x"}, "flash, pro, ultra"),
        ({"flash": {"concurency": 1}}, "concurency"),
        ({"flash": {"concurrency": "many"}}, "concurrency"),
        ({"flash": {"concurrency": 0}}, "must be positive"),
        ({"flash": {"tools": "magic"}}, "tools"),
        ({"flash": {"prompt_usd": 1}}, "completion"),
        ({"flash": {"prompt_usd": -1, "completion_usd": 1}}, "negative"),
        ({"flash": [{"concurrency": 1}]}, "needs a `model`"),
    ],
)
def test_a_wrong_setting_is_named(overrides: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        tiers("gemini", environ={}, overrides=overrides)


def test_a_model_without_a_price_is_refused_with_what_to_state() -> None:
    with pytest.raises(PriceUnknown, match="prompt_usd") as caught:
        tiers("openai", environ={}, overrides={"flash": "openai/gpt-99-nova"})
    assert caught.value.exit_code == 2


def test_an_unknown_profile_lists_those_there_are() -> None:
    with pytest.raises(SettingsError, match="gemini, anthropic, openai, openrouter, ollama"):
        tiers("gemni", environ={})


def test_long_prompts_cost_what_long_prompts_cost() -> None:
    price = Price(prompt=1, completion=10, cached=0.1, long_over=1000, long=Price(prompt=2, completion=20))
    assert price.usd(Usage(prompt=1000, completion=100, cached=500)) == pytest.approx((500 + 50 + 1000) / 1e6)
    assert price.usd(Usage(prompt=1001, completion=100, cached=500)) == pytest.approx((2002 + 2000) / 1e6)


def test_a_key_in_the_environment_is_found() -> None:
    assert detect({}) is None
    assert detect({"OPENAI_API_KEY": " "}) is None
    assert detect({"OPENAI_API_KEY": "x"}) == "openai"
    assert detect({"OPENAI_API_KEY": "x", "GEMINI_API_KEY": "y"}) == "gemini"


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("box:1234", "http://box:1234"),
        ("http://box", "http://box:11434"),
    ],
)
def test_ollamas_address_is_read_as_ollama_reads_it(host: str, base: str) -> None:
    assert ollama_base({"OLLAMA_HOST": host}) == base


@pytest.mark.parametrize(
    ("body", "found"),
    [(b'{"models": [{"name": "qwen3-coder:30b"}]}', ("qwen3-coder:30b",)), (b"<html>", None), (b"[]", None)],
)
async def test_a_local_server_is_probed_and_not_believed_blindly(body: bytes, found: tuple[str, ...] | None) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        environ = {"OLLAMA_HOST": f"127.0.0.1:{server.sockets[0].getsockname()[1]}"}
        assert await asyncio.to_thread(local_models, environ) == found
        assert await asyncio.to_thread(detect, environ, probe=True) == ("ollama" if found else None)
    assert local_models(environ) is None


def test_none_of_this_imports_the_provider_library() -> None:
    code = (
        "import sys; from agentctl.agents.models import profiles, retry, litellm_model; "
        "profiles.tiers('gemini', environ={}); "
        "print([m for m in ('litellm', 'openai', 'httpx', 'aiohttp', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("nonsense", r"nonsense: it names no provider\. Write PROVIDER/MODEL with one of gemini, anthropic"),
        ("nonsense/x", r"nonsense/x: there is no provider `nonsense`\. Write"),
        ("gemni/gemini-3.8-flash", "did you mean `gemini/gemini-3.8-flash`?"),
        ("gpt-5.4-mini", "did you mean `openai/gpt-5.4-mini`?"),
        ({"model": "depseek/own", "prompt_usd": 0, "completion_usd": 0}, "did you mean `deepseek/own`?"),
    ],
)
def test_an_unknown_provider_is_named_with_those_there_are(model: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        tiers("gemini", environ={}, overrides={"flash": model})


@pytest.mark.parametrize(
    ("model", "more", "key"),
    [
        ("deepseek/deepseek-chat", {}, "DEEPSEEK_API_KEY"),
        ("lm_studio/own", {}, "LM_STUDIO_API_KEY"),
        ("nonsense/x", {"key_env": "HOUSE_KEY"}, "HOUSE_KEY"),
    ],
)
def test_a_provider_that_litellm_knows_or_that_has_a_key_named_is_taken(
    model: str, more: dict[str, str], key: str
) -> None:
    table = {"model": model, "prompt_usd": 0, "completion_usd": 0, **more}
    assert tiers("gemini", environ={}, overrides={"flash": table}).flash[0].key_env == key
