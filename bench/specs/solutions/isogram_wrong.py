"""Words in which no letter comes twice, where a capital is another letter."""


def is_isogram(phrase: str) -> bool:
    """Whether no letter comes twice; hyphens and spaces may."""
    letters = [char for char in phrase if char.isalpha()]
    return len(set(letters)) == len(letters)
