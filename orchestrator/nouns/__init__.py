"""The words of DESIGN section 1 as frozen dataclasses; they import nothing but each other."""
