"""Leap years, where somebody forgot that every fourth century is one."""


def leap_year(year: int) -> bool:
    """Whether a year is one."""
    return year % 4 == 0 and year % 100 != 0
