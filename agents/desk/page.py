"""The desk's page as HTML text. Pure; everything that comes from a model, a repository or a person is escaped."""

from collections.abc import Sequence
from html import escape

from .inbox import Prompt

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
pre, textarea { font: 13px/1.45 ui-monospace, monospace; width: 100%; box-sizing: border-box; }
pre { max-height: 50vh; overflow: auto; padding: 1rem; border: 1px solid; white-space: pre-wrap; }
textarea { min-height: 18rem; padding: 1rem; }
button { font: inherit; padding: .4rem 1rem; margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .8rem .3rem 0; }
.wrong { border-left: 4px solid #D55E00; padding-left: 1rem; white-space: pre-wrap; }
"""

SCRIPT = """
const button = document.getElementById("copy");
if (button) button.addEventListener("click", async () => {
  await navigator.clipboard.writeText(document.getElementById("prompt").textContent);
  button.textContent = "Copied";
});
"""


def listing(prompts: Sequence[Prompt]) -> str:
    """Every prompt that waits; the page asks again every three seconds."""
    rows = "".join(map(_row, prompts))
    head = "<tr><th>prompt<th>run<th>role<th>task<th>team<th>turn<th>tier<th>who is at it</tr>"
    body = f"<table>{head}{rows}</table>" if prompts else "<p>Nothing waits. Prompts appear here by themselves.</p>"
    return _page("Desk", f"<h1>Desk</h1>{body}", refresh=True)


def answering(prompt: Prompt, *, form_token: str, draft: str = "", wrong: str = "") -> str:
    """One prompt, to copy, and the place for its answer, with what was wrong with the one before."""
    complaint = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return _page(
        prompt.id,
        f"""<p><a href="/">All prompts</a></p><h1>{escape(prompt.headline)}</h1>
<button id="copy" type="button">Copy the prompt</button>
<pre id="prompt" tabindex="0">{escape(prompt.text)}</pre>{complaint}
<form method="post" action="/prompts/{escape(prompt.id)}">
<input type="hidden" name="form_token" value="{escape(form_token)}">
<label for="answer">The answer, as it came</label>
<textarea id="answer" name="answer" required spellcheck="false">
{escape(draft)}</textarea>
<button>Send the answer</button></form>""",
    )


def notice(text: str) -> str:
    """A few words, and the way back."""
    return _page("Desk", f'<p>{escape(text)}</p><p><a href="/">All prompts</a></p>')


def _row(prompt: Prompt) -> str:
    attempt = prompt.key.attempt
    cells = (prompt.run, prompt.key.role, str(attempt), prompt.team, str(prompt.key.turn), prompt.tier, prompt.claimant)
    link = f'<a href="/prompts/{escape(prompt.id)}">{escape(prompt.id)}</a>'
    return f"<tr><td>{link}" + "".join(f"<td>{escape(cell)}" for cell in cells) + "</tr>"


def _page(title: str, body: str, *, refresh: bool = False) -> str:
    again = '<meta http-equiv="refresh" content="3">' if refresh else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{again}'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/desk.css"><script src="/desk.js" defer></script>'
        f"</head><body>{body}</body></html>"
    )
