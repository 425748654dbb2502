"""How often rules of wording fire, counted by sentence."""

import math

from agentctl.bench.specs.corpora import Document
from agentctl.bench.specs.wording import firing, sentences

TEXT = """\
# thing Specification

## Purpose
It is here for several reasons.

## Requirements
### Requirement: Exit
The command SHALL exit with status 2. It SHALL handle
errors gracefully.

- It SHALL print one line.
- It SHALL print various lines.

```sh
The fence SHALL appear seamlessly.
```

#### Scenario: Several
- **WHEN** it is robust
- **THEN** it ends

### Requirement: End
The command SHALL end.
"""


def test_sentences_are_those_of_the_bodies_of_requirements() -> None:
    assert list(sentences(TEXT)) == [
        "The command SHALL exit with status 2.",
        "It SHALL handle errors gracefully.",
        "It SHALL print one line.",
        "It SHALL print various lines.",
        "The command SHALL end.",
    ]


def test_the_share_counts_a_sentence_once_and_only_rules_of_words() -> None:
    found = firing([Document(name="a", text=TEXT), Document(name="the same", text=TEXT)])
    assert len(found.sentences) == 5
    assert math.isclose(found.share, 2 / 5)
    percent = found.figures()["openspec_percent_by_rule"]
    assert (percent["SPA101"], percent["SPA108"]) == (20.0, 20.0)


def test_without_sentences_there_is_no_share() -> None:
    assert math.isnan(firing([Document(name="a", text="# a\n")]).share)
