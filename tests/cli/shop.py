"""A shop with a spec, for the tests of `agentctl verify`: real repositories, the real gate in the real sandbox."""

import json

SPEC = """\
# shop

- **R1** `price(n)` in `src/price.py` MUST be 10 each, and 9 each from 10 on.
- **R2** `name()` in `src/price.py` MUST be the name of the shop.

```python R1
from price import price
assert price(9) == 90
assert price(10) == 90
```

```python R2
from price import name
assert name() == "shop"
```
"""
PRICE = """\
def price(n: int) -> int:
    if n >= 10:
        return n * 9
    return n * 10


def name() -> str:
    return "shop"
"""
TRAILERS = "\n\nSpec: shop@3f9c2ab1\nTask: T1\nRequirement: R1\nRequirement: R2\nRun: k7m2xq\n"


def statuses(document: str) -> dict[str, str]:
    return {item["id"]: item["status"] for item in json.loads(document)["items"]}
