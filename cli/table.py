"""What every table of the settings is made of: only what is known may stand in it."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Table(BaseModel):
    """A table in which only what is known may stand."""

    model_config = ConfigDict(extra="forbid")


def _inside(given: str) -> str:
    """The place as git writes it; refused if it is not within the repository."""
    if not given.strip("/. ") or given.startswith(("/", "~")) or ".." in given.split("/"):
        raise ValueError("name a place in the repository, relative to its root")
    return PurePosixPath(given).as_posix()


Place = Annotated[str, AfterValidator(_inside)]
