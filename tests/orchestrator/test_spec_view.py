"""What of a spec's interfaces the orchestrator knows: those of the languages that contracts are written in."""

from agentctl.orchestrator.nouns.plan import DeclaredInterface
from agentctl.orchestrator.spec_view import spec_view
from agentctl.specs.parse import parse

SPEC = """\
# S

- **R1** `loud(text)` in `src/loud.py` MUST return the text in capitals.

```ts interface src/store.ts
export function put(key: string): void;
```

```javascript interface web/page.mjs
export function show() {}
```

```go interface cmd/main.go
func Run() int
```

```ts interface notes.txt
anything
```
"""


def test_interfaces_in_typescript_and_javascript_are_frozen_beside_those_in_python() -> None:
    assert spec_view(parse(SPEC)).interfaces == (
        DeclaredInterface(path="src/loud.py", text="def loud(text): ...", frozen=False),
        DeclaredInterface(path="src/store.ts", text="export function put(key: string): void;\n"),
        DeclaredInterface(path="web/page.mjs", text="export function show() {}\n"),
    )


def test_a_requirement_has_the_terms_that_it_leans_on_those_of_terms_included() -> None:
    text = (
        "# S\n\n## Terms\n\n- **store**: a class that keeps rows.\n- **row**: a tuple.\n- **page**: ten lines.\n\n"
        "## Requirements\n\n- **R1** `Tools` MUST be a store.\n- **R2** It MUST print.\n"
    )
    one, two = spec_view(parse(text)).requirements
    assert one.terms == (("store", "a class that keeps rows."), ("row", "a tuple."))
    assert two.terms == ()
