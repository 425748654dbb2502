"""How far apart two strands of DNA are, where the longer one is cut."""


def distance(strand1: str, strand2: str) -> int:
    """At how many places they differ."""
    return sum(left != right for left, right in zip(strand1, strand2, strict=False))
