"""How far apart two strands of DNA are."""


def distance(strand1: str, strand2: str) -> int:
    """At how many places they differ; raises ValueError for strands of different lengths."""
    if len(strand1) != len(strand2):
        raise ValueError("strands must be of equal length")
    return sum(left != right for left, right in zip(strand1, strand2, strict=True))
