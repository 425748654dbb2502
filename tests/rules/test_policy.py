"""What a policy makes of settings: it lowers and refuses, and never gives."""

import pytest
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.nouns.runs import Limits, RunSettings
from agentctl.orchestrator.rules.policy import NOBODY, Tightened, provider_of, refused, stricter, tightened
from hypothesis import given
from hypothesis import strategies as st

WANTED = RunSettings(profile="p", repo="r")
LEVELS = ("ask-always", "ask-blocking", "never")

policies = st.builds(
    Policy,
    usd_per_run=st.none() | st.floats(0, 9),
    autonomy=st.sampled_from(["", *LEVELS]),
    providers=st.lists(st.sampled_from(["a", "b", "c"]), unique=True).map(tuple),
    never_send=st.lists(st.sampled_from(["x", "y"]), unique=True).map(tuple),
)
settings = st.builds(
    RunSettings,
    profile=st.just("p"),
    repo=st.just("r"),
    limits=st.builds(Limits, usd=st.floats(0, 9), planning_usd=st.floats(0, 9)),
    autonomy=st.sampled_from(LEVELS),
    team_autonomy=st.dictionaries(st.sampled_from(["t", "u"]), st.sampled_from(LEVELS)),
    approve=st.booleans(),
)


def test_without_a_policy_settings_stay_as_they_are() -> None:
    assert tightened(Policy(), WANTED) == Tightened(settings=WANTED)


@given(policies, settings)
def test_no_setting_is_above_the_policy_nor_above_what_was_wanted(policy: Policy, wanted: RunSettings) -> None:
    made = tightened(policy, wanted).settings
    cap = float("inf") if policy.usd_per_run is None else policy.usd_per_run
    assert made.limits.usd == min(wanted.limits.usd, cap)
    assert made.limits.planning_usd == min(wanted.limits.planning_usd, cap)
    most = LEVELS.index(policy.autonomy or "never")
    assert LEVELS.index(made.autonomy) == min(LEVELS.index(wanted.autonomy), most)
    assert all(LEVELS.index(made.team_autonomy[team]) <= most for team in wanted.team_autonomy)
    assert made.approve == (wanted.approve and policy.autonomy != "ask-always")
    assert tightened(policy, made).settings == made


@given(policies, policies)
def test_of_two_policies_both_hold(one: Policy, other: Policy) -> None:
    both = stricter(one, other)
    for each in (one, other):
        assert each.usd_per_run is None or (both.usd_per_run is not None and both.usd_per_run <= each.usd_per_run)
        assert set(each.never_send) <= set(both.never_send)
        assert not each.autonomy or LEVELS.index(both.autonomy) <= LEVELS.index(each.autonomy)
        assert not each.providers or set(both.providers) <= {*each.providers, NOBODY}
        assert not each.providers or both.providers


def test_what_changes_is_said() -> None:
    policy = Policy(usd_per_run=2, autonomy="ask-always")
    assert tightened(policy, WANTED).words == (
        "the budget is $2.00, not $5.00: the policy allows no more.",
        "the autonomy is ask-always, not ask-blocking: the policy allows no more.",
    )


@pytest.mark.parametrize(
    ("model", "address", "command", "provider"),
    [
        ("gemini/gemini-2.5-pro", None, False, "gemini"),
        ("ollama/llama3", "http://127.0.0.1:11434", False, "ollama"),
        ("ollama_chat/llama3", "http://localhost:1", False, "ollama"),
        ("ollama/llama3", "http://10.0.0.7:11434", False, "10.0.0.7"),
        ("openai/gpt", "https://gateway.example/v1", False, "gateway.example"),
        ("openai/gpt", "http://127.0.0.1:8000", False, "127.0.0.1"),
        ("claude-cli/sonnet", None, True, "claude-cli"),
    ],
)
def test_a_provider_is_who_sees_what_is_sent(model: str, address: str | None, command: bool, provider: str) -> None:  # noqa: FBT001 - a column
    assert provider_of(model, address=address, command=command) == provider


def test_models_that_are_not_allowed_are_named() -> None:
    asked = [("gemini/a", "gemini"), ("openai/b", "gateway.example"), ("anthropic/c", "anthropic")]
    assert refused((), asked) == ""
    assert refused(("Gemini", "gateway.example", "anthropic"), asked) == ""
    words = refused(("anthropic",), asked)
    assert "not gemini/a, openai/b (gateway.example): choose" in words
    assert "anthropic/c" not in words
