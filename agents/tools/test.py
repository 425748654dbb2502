"""The tool `test`: what the gate would say of the workspace as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.port import ToolSpec
from .site import Outcome, Site, said

if TYPE_CHECKING:
    from ..models.port import Json

SPEC = ToolSpec(
    name="test",
    description=(
        "Run what the gate runs, the locked tests of your task included, on the workspace as it is now. "
        "To run a few tests while you work, use run."
    ),
    parameters={"type": "object", "properties": {}, "additionalProperties": False},
)

PASSED = "passed"
FAILED = "did not pass"


async def test(site: Site, _: dict[str, Json]) -> Outcome:
    """Whether the gate would pass; red tests are an outcome that is not ok, so that nothing is submitted after them."""
    passed, text = await site.test()
    end = PASSED if passed else FAILED
    return Outcome(text=f"{end}\n{said(text, 'tests')}" if text.strip() else end, ok=passed)
