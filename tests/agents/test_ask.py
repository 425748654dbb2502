"""The tool `ask`: options by number and by words, and options that ask for files."""

import json
from typing import Any

import pytest
from agentctl.agents.forgiving import forgiving
from agentctl.agents.models.port import Message, Request
from agentctl.agents.models.replies import RawCall, RawReply, judge
from agentctl.agents.schema import problems
from agentctl.agents.text_protocol import parse
from agentctl.agents.tools.ask import SPEC, question
from agentctl.agents.tools.site import Refused

Made = Any

OPTIONS = [{"text": "Keep the old name"}, {"text": "Keep both names"}, {"text": "Rename it"}]
ASK = {"question": "Which name?", "why": "it shows", "options": OPTIONS, "recommended": 2}
WIDER = [{"text": "Change the report", "paths": ["src/report.py"]}, {"text": "Leave it"}]


@pytest.mark.parametrize(
    ("said", "index"), [(2, 1), (2.0, 1), ("2", 1), ("option 3", 2), ("Keep both names", 1), ("rename", 2)]
)
def test_what_is_recommended_is_known_by_its_number_or_its_words(converse: Made, said: object, index: int) -> None:
    assert question(converse().job, ASK | {"recommended": said}).recommended == index


@pytest.mark.parametrize("said", [0, 4, -1, 1.5, True, None, "Keep", "4", "", [1]])
def test_what_names_no_option_is_refused(converse: Made, said: object) -> None:
    with pytest.raises(Refused, match="`recommended` must be the number of an option, 1 to 3"):
        question(converse().job, ASK | {"recommended": said})


@pytest.mark.parametrize(
    ("said", "default"),
    [
        ("3", "Rename it"),
        ("option 1", "Keep the old name"),
        ("keep both", "Keep both names"),
        ("Ask later", "Ask later"),
    ],
)
def test_a_default_is_an_option_where_it_names_one(converse: Made, said: str, default: str) -> None:
    assert question(converse().job, ASK | {"default": said}).default == default


@pytest.mark.parametrize("field", ["label", "option", "answer", None])
def test_an_option_may_be_its_words_alone_or_have_them_under_another_name(converse: Made, field: str | None) -> None:
    words = [each["text"] for each in OPTIONS]
    arguments = ASK | {"options": [{field: each, "consequence": "c"} if field else each for each in words]}
    assert problems(arguments, forgiving(SPEC).parameters) == ()
    asked = question(converse().job, arguments)
    assert [each.text for each in asked.options] == words
    assert {each.consequence for each in asked.options} == {"c" if field else ""}


def test_of_an_option_with_a_letter_and_an_answer_the_answer_is_shown(converse: Made) -> None:
    options = [{"option": "A", "answer": "Keep it"}, {"text": "", "option": "Rename it"}]
    asked = question(converse().job, ASK | {"options": options})
    assert [each.text for each in asked.options] == ["Keep it", "Rename it"]


@pytest.mark.parametrize("option", [{"consequence": "c"}, {"text": ""}, "", {"text": "", "label": ""}])
def test_an_option_without_words_is_refused(option: object, converse: Made) -> None:
    with pytest.raises(Refused, match="each option must have a `text`"):
        question(converse().job, ASK | {"options": [option, {"text": "b"}]})


def test_the_words_of_an_option_survive_both_ways_of_calling_tools() -> None:
    arguments = ASK | {"recommended": "Rename it"}
    request = Request(tier="flash", messages=(Message(role="user", text="?"),), tools=(SPEC,))
    raw = RawReply(text="", calls=(RawCall(id="c1", name="ask", arguments=json.dumps(arguments)),), cut=False)
    _, (native,) = judge(request, raw, model="m")
    text = (
        f"@tool ask\nquestion: Which name?\nwhy: it shows\noptions: {json.dumps(OPTIONS)}\nrecommended: Rename it\n@end"
    )
    _, (written,) = parse(text, (SPEC,))
    assert (native.error, written.error) == ("", "")
    assert native.arguments == written.arguments == arguments
    _, (number,) = parse(text.replace("Rename it\n", "3\n"), (SPEC,))
    assert number.arguments["recommended"] == 3


def test_what_a_model_is_told_stays_a_number() -> None:
    told: Any = SPEC.parameters
    assert told["properties"]["recommended"]["type"] == "integer"
    read: Any = forgiving(SPEC).parameters
    assert read["properties"]["recommended"]["type"] == ["integer", "string"]


def test_an_option_may_ask_for_files_that_the_task_does_not_own(converse: Made) -> None:
    paths = ["./src/report.py", "/workspace/src/report.py", "src/greet.py", "docs/x.md"]
    asked = question(
        converse().job,
        ASK | {"options": [{"text": "Change it", "paths": paths}, {"text": "Leave it"}], "recommended": 1},
    )
    assert [option.paths for option in asked.options] == [("src/report.py",), ()]
    assert asked.may_widen
    plain = question(converse().job, ASK | {"options": [{"text": "a", "paths": ["docs/x.md"]}, {"text": "b"}]})
    assert not plain.may_widen


@pytest.mark.parametrize(
    ("options", "more", "why"),
    [
        ([{"text": "a", "paths": "src/x.py"}, {"text": "b"}], {}, "`paths` must be a list"),
        ([{"text": "a", "paths": [f"{n}.py" for n in range(11)]}, {"text": "b"}], {}, "a list of at most 10 files"),
        ([{"text": "a", "paths": [""]}, {"text": "b"}], {}, "must be a file"),
        ([{"text": "a", "paths": ["a\nb"]}, {"text": "b"}], {}, "must be a file"),
        ([{"text": "a"}, {"text": "A."}], {}, "two of the `options` say the same"),
        (WIDER, {"default": "1"}, "only a person can let you own more"),
        (WIDER, {"default": "change the report"}, "only a person can let you own more"),
    ],
)
def test_what_is_wrong_with_an_option_is_told(
    converse: Made, options: list[dict[str, Any]], more: dict[str, Any], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        question(converse().job, ASK | {"options": options, "recommended": 1} | more)


async def test_a_question_for_files_is_no_other_tasks_question_and_never_decided_already(
    converse: Made, reply: Made
) -> None:
    ask = ASK | {"options": WIDER, "recommended": 1}
    decided = (("Which name?", "Change the report"),)
    first = converse(reply(("ask", ask)), decisions=decided)
    other = converse(task={"id": "T2"}).job
    mine = (await first.turn(0)).question
    assert mine is not None
    assert mine.key != question(other, ask).key
    assert mine.key != question(first.job, ASK).key


async def test_a_refusal_of_the_rules_is_told_as_an_error(converse: Made, reply: Made) -> None:
    it = converse(reply(("ask", ASK | {"options": WIDER, "recommended": 1})))
    await it.turn(0)
    it.worker.tell(it.job, turn=0, call="c1", text="`src/report.py` belongs to T3.", by="rules")
    assert it.results(0) == {"c1": "error: `src/report.py` belongs to T3."}
