"""What other providers say, in the shapes in which litellm passes it on, becomes the right error."""

import re
import socket
from typing import Any

import pytest
from agentctl.agents.models import errors
from agentctl.agents.models.classify import classify


class Raised(Exception):
    """Stands for any library's exception: a status, perhaps a body and headers."""

    def __init__(self, message: str, *, status: int | None = None, body: Any = None, headers: Any = None) -> None:
        super().__init__(message)
        self.status_code = status
        self.body = body
        self.litellm_response_headers = headers


GEMINI_MINUTE = (
    'GeminiException - {"error": {"code": 429, "message": "You exceeded your current quota, please check your plan", '
    '"status": "RESOURCE_EXHAUSTED", "details": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}, '
    '{"retryDelay": "34.5s"}]}}'
)
GEMINI_DAY = GEMINI_MINUTE.replace("RequestsPerMinute", "RequestsPerDay")

CASES = [
    (Raised(GEMINI_MINUTE, status=429), errors.RateLimited),
    (Raised(GEMINI_DAY, status=429), errors.QuotaExhausted),
    (Raised("Your credit balance is too low to access the Anthropic API", status=400), errors.QuotaExhausted),
    (Raised("Insufficient credits", status=402), errors.QuotaExhausted),
    (Raised("x", status=429, body={"code": "insufficient_quota"}), errors.QuotaExhausted),
    (Raised("API key not valid. Please pass a valid API key.", status=400), errors.KeyRefused),
    (Raised("invalid x-api-key", status=401), errors.KeyRefused),
    (Raised("forbidden", status=403), errors.KeyRefused),
    (Raised("prompt is too long: 210000 tokens > 200000 maximum", status=400), errors.ContextOverflow),
    (Raised("payload too large", status=413), errors.ContextOverflow),
    (Raised("x", status=400, body={"code": "content_filter"}), errors.Filtered),
    (Raised("model 'qwen' not found, try pulling it first", status=404), errors.UnknownModel),
    (Raised("overloaded_error", status=529), errors.Overloaded),
    (Raised("bad gateway", status=502), errors.Overloaded),
    (Raised("gateway timeout", status=504), errors.TimedOut),
    (Raised("temperature is not supported", status=400), errors.BadRequest),
    (TypeError("'NoneType' object is not subscriptable"), errors.BadRequest),
    (TimeoutError(), errors.TimedOut),
    (ConnectionRefusedError("refused"), errors.Unreachable),
    (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 9)"), errors.Unreachable),
    (socket.gaierror(-2, "Name or service not known"), errors.Unreachable),
    (ConnectionResetError("reset"), errors.Disconnected),
]


@pytest.mark.parametrize(("raised", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_what_was_raised_becomes_what_to_do(raised: BaseException, expected: type[errors.ModelError]) -> None:
    assert type(classify(raised, model="some/model")) is expected


@pytest.mark.parametrize(
    ("headers", "said", "seconds"),
    [
        ({"Retry-After": "12"}, "slow down", 12.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, "slow down", 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, "slow down", 20.0),
        ({"retry-after": "soon"}, "slow down", None),
        ({"retry-after": "-5"}, "slow down", None),
        ({}, "Please try again in 6.5s.", 6.5),
        ({}, '"retryDelay": "34s"', 34.0),
        ({}, "slow down", None),
    ],
)
def test_how_long_to_wait_is_read_wherever_it_stands(headers: dict[str, str], said: str, seconds: float | None) -> None:
    found = classify(Raised(said, status=429, headers=headers), model="m", now=100.0)
    assert found.retry_after == seconds


def test_the_cause_of_a_cause_is_read() -> None:
    raised = Raised("Internal Server Error", status=500)
    raised.__cause__ = ConnectionResetError("peer went away")
    found = classify(raised, model="m")
    assert (type(found), found.usd) == (errors.Disconnected, None)


def test_what_a_person_is_shown_is_one_short_line_without_control_characters() -> None:
    found = classify(Raised("litellm.BadRequestError: \x1b[31mred\n\nalert" + "x" * 5000, status=400), model="m")
    assert "\x1b" not in str(found)
    assert "\n" not in str(found)
    assert "litellm" not in str(found)
    assert len(str(found)) < 500


@pytest.mark.parametrize(
    ("model", "address", "said"),
    [
        ("ollama_chat/qwen", "http://127.0.0.1:11434", "nothing listens at 127.0.0.1:11434 .*`ollama serve`"),
        ("openai/local", "http://me:secret@box:8000/v1", "nothing listens at box:8000 .*start the server there"),
        ("gemini/flash", None, "nothing listens at its provider .*a proxy or a firewall"),
        ("openai/local", "no address", "nothing listens at the address in `api_base`"),
    ],
)
def test_where_nothing_listens_is_told_with_what_to_start(model: str, address: str | None, said: str) -> None:
    found = classify(ConnectionRefusedError("refused"), model=model, address=address)
    assert re.search(said, str(found))
    assert "secret" not in str(found)
    assert found.usd == 0.0


def test_a_name_nobody_knows_is_told_with_where_it_stands() -> None:
    found = classify(socket.gaierror(-2, "Name or service not known"), model="openai/local", address="http://boxx/v1")
    assert "the name of boxx cannot be looked up" in str(found)
    assert "`api_base`" in str(found)
