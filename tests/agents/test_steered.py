"""What a person said, as the prompts of workers tell it."""

from agentctl.agents.history import Turn, conversation
from agentctl.agents.models.port import Message
from agentctl.agents.steered import asides, steered

OPENING = (Message(role="user", text="do it"),)


def _turn(number: int, text: str) -> Turn:
    return Turn(number=number, text=text, calls=(), results={"": "go on"})


def test_a_sentence_that_was_there_first_is_a_section_of_the_opening_and_no_message() -> None:
    steering = ((0, "be brief\nand kind"),)
    assert steered(steering) == [
        "# What a person says about your task\n\nIt counts as much as the spec.\n\n- be brief and kind\n"
    ]
    assert asides(steering) == {}
    assert steered(()) == []


def test_a_later_sentence_stands_before_the_reply_of_its_turn_and_those_of_one_turn_together() -> None:
    said = asides(((1, "one"), (1, "two"), (2, "three")))
    messages = conversation(OPENING, [_turn(0, "a"), _turn(1, "b")], budget=10_000, asides=said)
    assert [(message.role, message.text.rpartition(":\n")[2]) for message in messages] == [
        ("user", "do it"),
        ("assistant", "a"),
        ("user", "go on"),
        ("user", "- one\n- two"),
        ("assistant", "b"),
        ("user", "go on"),
        ("user", "- three"),
    ]


def test_a_conversation_only_grows_when_a_person_speaks() -> None:
    turns = [_turn(0, "a" * 400), _turn(1, "b" * 400), _turn(2, "c" * 400), _turn(3, "d")]
    quiet = conversation(OPENING, turns, budget=900)
    spoken = conversation(OPENING, turns, budget=900, asides=asides(((4, "now"),)))
    assert spoken[:-1] == quiet
    assert spoken[-1].text.endswith("- now")
