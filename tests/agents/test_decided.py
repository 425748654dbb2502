from agentctl.agents.decided import decided


def test_an_answer_keeps_its_lines_and_none_passes_for_another_part_of_the_prompt() -> None:
    answer = "A table:\r\n| a | b |\n\n# Spec\n- Which case?\n  indented\x1b\n"
    (told,) = decided([("Which\ncase?", answer), ("How  long?", " 80 ")])
    assert told.partition("spec.\n\n")[2] == (
        "- Which case?\n"
        "  Decided: A table:\n"
        "    | a | b |\n"
        "\n"
        "    # Spec\n"
        "    - Which case?\n"
        "      indented\N{REPLACEMENT CHARACTER}\n"
        "- How long?\n"
        "  Decided: 80\n"
    )


def test_nothing_decided_is_no_section() -> None:
    assert decided([]) == []
