"""Secrets out of text, before it is stored or shown. Pure.

A secret becomes ``[redacted:KIND]``; redacting twice is redacting once. Each pattern starts at a literal that is looked
for first, and may not start inside a run of its own characters, so that hostile text costs linear time. What merely
looks random, such as a hash, and what only names a secret, such as ``token = get_token()``, stays.

Sources of the formats: the providers' own documentation and GitHub's list of supported secret scanning patterns.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

_SHORTEST = 8
"""Characters of the shortest given secret that is looked for: shorter ones occur in ordinary words."""


class _Pattern(NamedTuple):
    kind: str
    markers: tuple[str, ...]
    """Texts of which at least one is in every match."""
    regex: str
    """What to replace: the group ``secret`` if there is one, else the whole match."""
    proof: str = ""
    """What the match must also contain."""


_B64 = r"[A-Za-z0-9_-]"
_BEGIN = r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
_END = r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
_DIGITS = r"\d[^\d]*\d[^\d]*\d"

# What tests and manuals write must survive: a worker's own files pass through here as well.
_NOT_SAMPLE = r"(?!(?:pass|passwd|password|secret|postgres|root|admin|user|test|guest|changeme|x+|\*+|\.+)@)"
_CREDENTIAL = r"(?P<secret>[^\s/@\"'<>\[{$%`][^\s/@\"'<>`{}]{0,200})"
_NOT_AT_SAMPLE = r"(?!localhost\b|127\.0\.0\.1\b|\[::1\]|(?:[\w-]{1,60}\.){0,5}example\b)"

_PATTERNS = (
    _Pattern("private-key", ("PRIVATE KEY",), _BEGIN + r"(?:[^-]++|-(?!----))*+" + _END, r"[A-Za-z0-9+/]{24}"),
    _Pattern(
        "private-key", ("PRIVATE KEY",), _BEGIN + r"(?:(?:\s|\\[nr]|[\"',])*+[A-Za-z0-9+/=]{24,}+)++[A-Za-z0-9+/=]*+"
    ),
    _Pattern("anthropic-key", ("sk-ant-",), rf"sk-ant-(?<!{_B64}sk-ant-){_B64}{{16,}}+"),
    _Pattern("api-key", ("sk-",), rf"sk-(?<!{_B64}sk-)(?!ant-){_B64}{{20,}}+", _DIGITS),
    _Pattern("google-key", ("AIza",), rf"AIza(?<!{_B64}AIza){_B64}{{35}}(?!{_B64})"),
    _Pattern("github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_(?<!\wgh[pousr]_)[A-Za-z0-9]{30,}+"),
    _Pattern("github-token", ("github_pat_",), r"github_pat_(?<!\wgithub_pat_)\w{22,}+", _DIGITS),
    _Pattern("gitlab-token", ("glpat-",), rf"glpat-(?<!{_B64}glpat-){_B64}{{20,}}+"),
    _Pattern("slack-token", ("xox",), rf"xox[abeoprs]-(?<!{_B64}xox[abeoprs]-)[A-Za-z0-9-]{{10,}}+", _DIGITS),
    _Pattern("aws-key", ("AKIA", "ASIA"), r"A[KS]IA(?<![A-Za-z0-9]A[KS]IA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _Pattern("stripe-key", ("k_live_", "k_test_"), r"[sr]k_(?:live|test)_(?<!\w[sr]k_(?:live|test)_)[A-Za-z0-9]{16,}+"),
    _Pattern(
        "api-key",
        ("gsk_", "hf_", "npm_", "xai-"),
        r"(?:gsk_|npm_|xai-|hf_)(?<![A-Za-z0-9_-](?:gsk_|npm_|xai-))[A-Za-z0-9]{30,}+",
        _DIGITS,
    ),
    _Pattern("jwt", ("eyJ",), rf"eyJ(?<!{_B64}eyJ){_B64}{{10,}}+\.eyJ{_B64}{{10,}}+\.{_B64}{{10,}}+"),
    _Pattern(
        "authorization",
        ("uthorization", "UTHORIZATION"),
        r"(?:[Aa]uthorization|AUTHORIZATION)[\"']?[ \t]*[:=][ \t]*[\"']?"
        r"(?:[Bb]earer|[Bb]asic|[Tt]oken|BEARER)[ \t]+(?P<secret>[A-Za-z0-9._~+/=_-]{16,}+)",
        r"\d",
    ),
    _Pattern(
        "password",
        ("://",),
        r"://(?P<user>[^\s/:@\"'<>{}]{0,200}):(?!(?P=user)@)" + _NOT_SAMPLE + _CREDENTIAL + "@" + _NOT_AT_SAMPLE,
    ),
)

_SECRET_NAME = re.compile(r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?(?:_|$)", re.IGNORECASE)


def redact(text: str, *, secrets: Iterable[str] = ()) -> str:
    """``text`` without API keys, tokens, private keys, passwords in addresses, and without the given ``secrets``."""
    given = sorted({secret for secret in secrets if _can_be_searched(secret)}, key=lambda s: (-len(s), s))
    while (cleaned := _once(text, given)) != text:  # what stood before a secret may hide the start of the next
        text = cleaned
    return text


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Values of the variables whose name looks like a key; paths, plain words and numbers are taken for settings."""
    return tuple(
        sorted({value for name, value in environ.items() if _SECRET_NAME.search(name) and _looks_secret(value)})
    )


def _once(text: str, given: Iterable[str]) -> str:
    for secret in given:
        text = text.replace(secret, _mark("secret"))
    for pattern in _PATTERNS:
        if any(marker in text for marker in pattern.markers):
            text = re.sub(pattern.regex, _replacement(pattern), text)
    return text


def _replacement(pattern: _Pattern) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        if pattern.proof and not re.search(pattern.proof, match[0]):
            return match[0]
        if "secret" not in match.groupdict():
            return _mark(pattern.kind)
        start, end = (edge - match.start() for edge in match.span("secret"))
        return match[0][:start] + _mark(pattern.kind) + match[0][end:]

    return replace


def _mark(kind: str) -> str:
    return f"[redacted:{kind}]"


def _can_be_searched(secret: str) -> bool:
    return len(secret) >= _SHORTEST and not any(secret in _mark(kind) for kind in _KINDS)


def _looks_secret(value: str) -> bool:
    return (
        len(value) >= _SHORTEST
        and not value.startswith(("/", "~", "."))
        and not value.isalpha()
        and not value.isdigit()
    )


_KINDS = frozenset({"secret", *(pattern.kind for pattern in _PATTERNS)})
