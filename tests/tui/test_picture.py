import io
import os
import pty
import termios

from agentctl.tui.picture import Picture, without_echo
from rich.console import Console
from rich.text import Text


def lines(*texts: str) -> Text:
    return Text("\n".join(texts), no_wrap=True, overflow="ellipsis")


def screen(width: int) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, height=20, force_terminal=True, color_system=None, legacy_windows=False), out


def test_a_picture_is_drawn_over_itself_and_left_standing() -> None:
    console, out = screen(80)
    picture = Picture(console=console)
    picture.draw(lines("one", "two"))
    picture.draw(lines("three"))
    picture.draw(lines("four"))
    picture.leave()
    picture.draw(lines("five"))
    assert out.getvalue() == "one\ntwo\r\x1b[1A\x1b[Jthree\r\x1b[Jfour\nfive"


def test_a_window_made_narrower_is_wiped_with_the_rows_that_long_lines_take_in_it() -> None:
    console, out = screen(80)
    picture = Picture(console=console)
    picture.draw(lines("x" * 70, "y" * 20, ""))
    out.truncate(0)
    out.seek(0)
    console.width = 30
    picture.draw(lines("z"))
    assert out.getvalue() == "\r\x1b[4A\x1b[Jz"  # 3 rows, 1 row, and an empty one: the cursor stands in the fifth


def test_elsewhere_than_on_a_terminal_the_last_picture_is_written_once() -> None:
    out = io.StringIO()
    picture = Picture(console=Console(file=out, width=80, force_terminal=False))
    picture.draw(lines("one"))
    picture.draw(lines("two"))
    picture.leave()
    picture.leave()
    assert out.getvalue() == "two\n"


def test_what_is_typed_is_not_echoed_for_the_time_being() -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with without_echo(slave):
        os.write(master, b"hidden\n")
        assert os.read(slave, 100) == b"hidden\n"
    assert termios.tcgetattr(slave) == before
    os.write(master, b"shown\n")
    assert os.read(master, 100) == b"shown\r\n"
    os.close(master)
    os.close(slave)


def test_what_is_no_terminal_is_left_alone() -> None:
    reading, writing = os.pipe()
    with without_echo(reading):
        os.write(writing, b"x")
    assert os.read(reading, 10) == b"x"
    os.close(reading)
    os.close(writing)
