"""Leap years of the Gregorian calendar."""


def leap_year(year: int) -> bool:
    """Whether a year is one."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
