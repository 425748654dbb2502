"""The tool `review`: what a critic says of a patch, one call for each thing. A worker's call of it is refused."""

from ..models.port import ToolSpec

NAME = "review"
SPEC = ToolSpec(
    name=NAME,
    description="For the critic alone: one thing that is wrong with the patch, or advice; empty where nothing is.",
    parameters={
        "type": "object",
        "properties": {
            "requirement": {"type": "string", "description": "the id of the requirement that is not met"},
            "why": {"type": "string", "description": "one sentence: what happens, and what should happen"},
            "quote": {
                "type": "string",
                "description": "words of that requirement which the patch breaks, as they stand",
            },
            "line": {"type": "string", "description": "the line of the diff that breaks them, as it stands"},
            "test": {"type": "string", "description": "or a whole pytest file that fails on the patch by an assert"},
            "advice": {"type": "array", "items": {"type": "string"}, "description": "what holds nothing back"},
        },
        "required": [],
        "additionalProperties": False,
    },
)
