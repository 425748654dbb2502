"""How long the bot leaves things alone: all of its intervals, which one factor makes shorter or longer together."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Seconds."""

    runs: float = 2.0
    """Between two looks at the folder of a run that is not over."""
    fresh: float = 30.0
    """Between two looks at the forge, where pull requests or questions may be open."""
    quiet: float = 60.0
    """Between two looks at the forge, elsewhere."""
    idle: float = 60.0
    """Until the next round where no thread is open."""
    edits: float = 20.0
    """Between two edits of the one comment, where neither the state nor what is asked has changed."""
    settled: float = 1.0
    """After `edits`, before what was kept back for so long is told."""
    comments: float = 60.0
    """Between two new comments in a thread; questions are not kept back."""
    again: float = 600.0
    """After which what was written is compared with the forge once more."""
    least: float = 1.0
    """Between two rounds, however often they are asked for."""
    folders: float = 1.0
    """Between two looks whether anything in the folders of runs has changed."""

    def at(self, pace: float) -> "Intervals":
        """The same, each so many times as long."""
        return Intervals(**{each.name: getattr(self, each.name) * pace for each in fields(self)})
