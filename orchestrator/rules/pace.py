"""How fast a bot goes on, as one factor for all of its intervals, which the environment may name. Pure."""

import re
from collections.abc import Mapping

from ..errors import SettingsError

VARIABLE = "AGENTCTL_BOT_PACE"
LEAST, MOST = 0.01, 10.0

_FACTOR = re.compile(r"\d{1,2}(?:\.\d{1,3})?", re.ASCII)


def pace_of(environ: Mapping[str, str]) -> float:
    """The factor: 1 where nothing is said, 0.1 for ten times as fast.

    Raises:
        SettingsError: what is said is no such factor.
    """
    said = environ.get(VARIABLE, "").strip()
    if not said:
        return 1.0
    if not _FACTOR.fullmatch(said) or not LEAST <= float(said) <= MOST:
        raise SettingsError(f"{VARIABLE} is a factor from {LEAST:g} to {MOST:g}, as in 0.1; it says {said[:20]!r}.")
    return float(said)
