"""Writes a file that is not there yet; what is there stays as it is."""

from pathlib import Path

from ..orchestrator.errors import UsageError


def write_new(path: Path, text: str) -> None:
    """Write a new text file, with its folders.

    Raises:
        UsageError: something of that name is there, or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already and stays as it is: name another file with -o.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
