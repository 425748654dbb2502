"""The arithmetic of money: what a call may cost at most, and what still fits under a cap. Pure."""


def reservation(prompt_tokens: int, max_tokens: int, input_price: float, output_price: float) -> float:
    """Dollars a call may cost at most; prices are dollars per token, and no discount for cached input is assumed."""
    return max(prompt_tokens, 0) * input_price + max(max_tokens, 0) * output_price


def room(cap: float, spent: float, reserved: float) -> float:
    """Dollars that may still be reserved under ``cap``; never negative."""
    return max(cap - spent - reserved, 0.0)


def missing(amount: float, *, cap: float, spent: float, reserved: float) -> float:
    """By how many dollars ``cap`` would have to rise for ``amount`` to fit; 0 where it fits."""
    return max(amount - room(cap, spent, reserved), 0.0)
