"""Words in which no letter comes twice."""


def is_isogram(phrase: str) -> bool:
    """Whether no letter comes twice, in either case; hyphens and spaces may."""
    letters = [char for char in phrase.lower() if char.isalpha()]
    return len(set(letters)) == len(letters)
