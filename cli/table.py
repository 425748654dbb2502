"""What every table of the settings is made of: only what is known may stand in it."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table in which only what is known may stand."""

    model_config = ConfigDict(extra="forbid")
