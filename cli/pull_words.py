"""What was done with pull requests, in plain words, a line each. Pure."""

from ..orchestrator.nouns.stack import (
    AskReview,
    ClosePull,
    Deed,
    EditPull,
    MakeReady,
    OpenPull,
    PushBranch,
    Rebuild,
    SayOnPull,
)
from ..tui.clean import clean

_SHORT = 10


def deed_line(deed: Deed) -> str:  # noqa: PLR0911 - one case a kind of deed
    """One line; empty for what is only written down."""
    match deed:
        case Rebuild():
            also = f" with {', '.join(deed.also)}" if deed.also else ""
            return f"make {deed.name}{also} anew on {deed.onto[:_SHORT]}, and judge it"
        case PushBranch():
            return f"push {deed.branch} at {deed.new[:_SHORT]}" + (f" over {deed.old[:_SHORT]}" if deed.old else "")
        case OpenPull():
            return f"open {clean(deed.title, width=72)!r}: {deed.branch} into {clean(deed.base)}, as a draft"
        case EditPull():
            what = [f"its base becomes {clean(deed.base)}" if deed.base else "", "its text" if deed.body else ""]
            return f"edit #{deed.number}: {' and '.join(filter(None, what)) or 'its title'}"
        case MakeReady():
            return f"#{deed.number} becomes ready for review"
        case AskReview():
            return f"ask {', '.join(map(clean, deed.reviewers))} to review #{deed.number}"
        case ClosePull():
            return f"close #{deed.number}: {clean(deed.why)}"
        case SayOnPull():
            return f"say on #{deed.number}: {clean(deed.body, width=120)}"
        case _:
            return ""
