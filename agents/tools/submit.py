"""The tool `submit`: the work is done, the gate may judge it."""

from ..models.port import ToolSpec

SPEC = ToolSpec(
    name="submit",
    description="Say that the task is done. The gate then judges your whole tree; if it is red you are told why.",
    parameters={
        "type": "object",
        "properties": {
            "summary": {
                "type": "string",
                "description": "two or three sentences for the commit: what was built, what you decided on the way",
            }
        },
        "required": ["summary"],
        "additionalProperties": False,
    },
)
