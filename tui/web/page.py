"""What the server shows besides a dashboard: the page around it, its files, and the headers of every answer."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Literal

import textual_serve

Theme = Literal["dark", "light"]

HERE = Path(__file__).parent
THEIRS = Path(textual_serve.__file__).parent / "static"
FILES: Mapping[str, tuple[Path, str]] = {
    "/icon.svg": (HERE / "icon.svg", "image/svg+xml"),
    "/web.css": (HERE / "web.css", "text/css"),
    "/web.js": (HERE / "web.js", "text/javascript"),
    "/xterm.css": (THEIRS / "css" / "xterm.css", "text/css"),
    "/textual.js": (THEIRS / "js" / "textual.js", "text/javascript"),
    "/mono.ttf": (THEIRS / "fonts" / "RobotoMono-VariableFont_wght.ttf", "font/ttf"),
    "/mono-italic.ttf": (THEIRS / "fonts" / "RobotoMono-Italic-VariableFont_wght.ttf", "font/ttf"),
}
"""Every file that is served, by its path; textual-serve's script holds xterm.js."""
POLICY = "Content-Security-Policy"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    POLICY: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), clipboard-read=()",
    "Referrer-Policy": "no-referrer",
    "Server": "agentctl",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer, a refusal too."""


def policy(host: str, *, nonce: str) -> str:
    """The Content-Security-Policy of the page: nothing but this server, which is called ``host`` here.

    The nonce is for the style elements that xterm.js makes (web.js); no script has it.
    """
    return (
        f"{HEADERS[POLICY]}; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
        f"font-src 'self'; img-src 'self'; connect-src ws://{host}"
    )


def page(*, title: str, theme: Theme, nonce: str) -> str:
    """The page around the terminal."""
    template = Template((HERE / "page.html").read_text(encoding="utf-8"))
    return template.substitute(title=html.escape(title), theme=theme, nonce=nonce)
