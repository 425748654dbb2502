"""Secrets go, code stays, and hostile text costs no more than other text."""

import base64

import pytest
from agentctl.orchestrator.rules.redact import redact, secrets_of
from hypothesis import given, settings
from hypothesis import strategies as st

B64 = base64.b64encode(bytes(range(256))).decode()
WORD = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"

# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "anthropic-key": ["sk-ant-" + "api03-" + WORD, "sk-ant-" + "x" * 20],
    "api-key": ["sk-" + WORD, "sk-proj-" + WORD, "sk-or-v1-" + "0a1b" * 16, "gsk_" + WORD * 2, "hf_" + WORD + "abc"],
    "google-key": ["AIza" + "Sy" + (WORD * 2)[:33]],
    "github-token": ["ghp_" + (WORD * 2)[:36], "ghs_" + (WORD * 2)[:36], "github_pat_" + "11AB_" + WORD * 2],
    "gitlab-token": ["glpat-" + WORD],
    "slack-token": ["xoxb-" + "123456789012-" + WORD],
    "aws-key": ["AKIA" + "IOSFODNN7EXAMPLE", "ASIA" + "Y34FZKBOKMUTVV7A"],
    "stripe-key": ["sk_live_" + WORD, "rk_test_" + WORD],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".SflKxwRJSMeKKF2QT4fwpMeJf36"],
    "private-key": [
        line.join(
            (f"-----BEGIN {kind}PRIVATE KEY-----", head + B64[:64], B64[64:128], f"-----END {kind}PRIVATE KEY-----")
        )
        for kind in ("", "RSA ", "OPENSSH ", "ENCRYPTED ")
        for line in ("\n", "\r\n", "\\n")
        for head in ("", f"Proc-Type: 4,ENCRYPTED{line}DEK-Info: AES-128-CBC,00{line}{line}")
    ],
}
CASES = [(kind, secret) for kind, secrets in SECRETS.items() for secret in secrets]
SURROUNDINGS = ["{}", 'key = "{}"', "KEY={}\nnext", "a,{},b", "https://host/?key={}&x=1", "<{}>", "'{}'\\n"]


@pytest.mark.parametrize(("kind", "secret"), CASES)
@pytest.mark.parametrize("around", SURROUNDINGS)
def test_a_secret_goes_and_what_is_around_it_stays(kind: str, secret: str, around: str) -> None:
    assert redact(around.format(secret)) == around.format(f"[redacted:{kind}]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcDEF1234567890", "Authorization: Bearer [redacted:authorization]"),
        ('{"authorization": "Basic dXNlcjpwYXNzd29yZDE="}', '{"authorization": "Basic [redacted:authorization]"}'),
        ("curl -H 'AUTHORIZATION: token 0123456789abcdef'", "curl -H 'AUTHORIZATION: token [redacted:authorization]'"),
        ("https://me:pw@host/x", "https://me:[redacted:password]@host/x"),
        ("postgres://app:p:w!@db:5432/x", "postgres://app:[redacted:password]@db:5432/x"),
        ("redis://:s3cr3t@cache", "redis://:[redacted:password]@cache"),
        ("-----BEGIN PRIVATE KEY-----\n" + B64[:64] + "\ncut off", "[redacted:private-key]\ncut off"),
    ],
)
def test_only_the_secret_part_goes(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "token = get_token()",
        "commit 3f9c2ab1d8e77a0c5b6a4e2f1d0c9b8a7f6e5d4c",
        "sha256:" + "0123456789abcdef" * 4,
        'headers = {"Authorization": f"Bearer {token}"}',
        "Authorization: Bearer <token>",
        "Authorization: Bearer $TOKEN",
        'f"postgres://{user}:{password}@{host}/db"',
        "postgres://user:$PASSWORD@host",
        "postgres://postgres:postgres@db:5432/app",
        "mysql://root:hunter22@localhost/app",
        "https://user:password@host and https://me:hunter22@www.example.com",
        'client.get("/", headers={"Authorization": "Bearer test-token-of-a-test"})',
        "https://host:8080/path?mail=a@b.c",
        "http://[::1]:8080/",
        "sk-estimator-doc-link-with-a-long-name",
        "task-1234567890-with-numbers-in-it-1234",
        "disk-usage-2024-01-01-report-of-the-day",
        'if "-----BEGIN PRIVATE KEY-----" in text and "-----END PRIVATE KEY-----" in text: pass',
        "-----BEGIN CERTIFICATE-----\n" + B64 + "\n-----END CERTIFICATE-----",
        "AKIA is a prefix, eyJ too, ghp_ and xoxb- and AIza as well",
        "import hf_hub_download_from_the_models_page_of_it",
        base64.b64encode(b"just some bytes of a picture" * 20).decode(),
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


def test_given_secrets_go_longest_first() -> None:
    assert redact("hunter2hunter2! hunter2hunter2", secrets=["hunter2hunter2", "hunter2hunter2!"]) == (
        "[redacted:secret] [redacted:secret]"
    )


@pytest.mark.parametrize("given_secret", ["", "short", "redacted", "[redacted:secret]", "redacted:api-key"])
def test_given_secrets_that_would_wreck_a_text_are_left(given_secret: str) -> None:
    assert redact("a short text redacted already: [redacted:secret]", secrets=[given_secret]) == (
        "a short text redacted already: [redacted:secret]"
    )


def test_secrets_of_the_environment_are_told_by_name_and_look() -> None:
    environ = {
        "GEMINI_API_KEY": "g-0123456789",
        "MY_TOKEN": "t-0123456789",
        "DB_PASSWORD": "p4ssw0rd!",
        "apikey": "k-0123456789",
        "AWS_SECRET_ACCESS_KEY": "s-0123456789",
        "SSH_KEY": "/home/me/.ssh/id",
        "DB_PASSWD": "postgres",
        "TOKEN": "1234567890",
        "SHORT_KEY": "abc1",
        "TOKENIZERS_PARALLELISM": "false-0123456",
        "KEYBOARD": "de-0123456789",
        "PWD": "work-0123456789",
    }
    expected = ("g-0123456789", "k-0123456789", "p4ssw0rd!", "s-0123456789", "t-0123456789")
    assert secrets_of(environ) == expected


pieces = st.sampled_from(
    [secret for _, secret in CASES]
    + ["sk-", "AKIA", "://", ":", "@", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "Authorization: "]
    + ["Bearer ", "eyJ", ".", "_", "-", " ", "\n", "[redacted:", "]", "[redacted:secret]", "aaaaaaaaaaaaaaaa1234", "x"]
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.one_of(pieces, st.text(max_size=4)), max_size=12).map("".join),
    st.lists(st.one_of(pieces, st.text(min_size=8, max_size=12)), max_size=3),
)
def test_redacting_twice_is_redacting_once(text: str, secrets: list[str]) -> None:
    once = redact(text, secrets=secrets)
    assert redact(once, secrets=secrets) == once


@pytest.mark.parametrize(
    "text",
    [
        "sk-" * 300_000,
        "-----BEGIN PRIVATE KEY-----" * 37_000,
        ("-----BEGIN PRIVATE KEY-----" + "A" * 30 + " ") * 17_000,
        "://a:" * 200_000,
        "://a:b" + "c" * 1_000_000,
        "eyJaaaaaaaaaaaaa." * 60_000,
        "Authorization: " * 70_000,
        "Authorization" + " " * 1_000_000,
        "github_pat_" * 90_000,
    ],
    ids=lambda text: text[:20],
)
def test_hostile_text_of_a_megabyte_ends(text: str) -> None:
    """A quadratic pattern would take minutes here; speed itself is judged in bench."""
    assert len(redact(text)) <= len(text)
