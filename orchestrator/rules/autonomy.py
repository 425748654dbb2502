"""How much is decided without a person: what they said last, else what the settings say. Pure."""

from ..nouns.hands import Hands
from ..nouns.questions import Autonomy
from ..nouns.runs import RunSettings


def autonomy_of(team: str, *, hands: Hands, settings: RunSettings) -> Autonomy:
    """Of a team; "" is the run's own. What a person said of the run counts for the teams that settings name, too."""
    said = hands.autonomy.get(team, hands.autonomy.get(""))
    return said or settings.team_autonomy.get(team, settings.autonomy)
