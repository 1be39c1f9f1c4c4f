"""Keys from a terminal, one at a time and without echo; the terminal is as before afterwards."""

import contextlib
import os
import re
import select
import sys
import time
from collections.abc import Iterator

_SEQUENCES = {
    b"A": "up",
    b"B": "down",
    b"C": "right",
    b"D": "left",
    b"H": "home",
    b"F": "end",
    b"1~": "home",
    b"4~": "end",
    b"7~": "home",
    b"8~": "end",
    b"5~": "page up",
    b"6~": "page down",
}
_PATTERN = re.compile(rb"\x1b[\[O]([0-9;]*[A-Za-z~])|\x1b(?=[^\[O])|([^\x1b])", re.DOTALL)
_INCOMPLETE = re.compile(rb"\x1b([\[O][0-9;]*)?\Z")

_WINDOWS = {
    "H": "up",
    "P": "down",
    "M": "right",
    "K": "left",
    "G": "home",
    "O": "end",
    "I": "page up",
    "Q": "page down",
}


class KeyParser:
    r"""Names the keys in what a terminal sends, which may come in parts.

    Example:
        >>> parser = KeyParser()
        >>> parser.feed(b"q\x1b["), parser.feed(b"B\x1b[5~")
        (['q'], ['down', 'page up'])
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Returns the keys: characters, and names such as `"up"`; keys that are not known are left out.

        Args:
            data: What the terminal sent since the last call.
        """
        data = self._rest + data
        incomplete = _INCOMPLETE.search(data)
        self._rest = b"" if incomplete is None else incomplete.group()
        keys = []
        for match in _PATTERN.finditer(data, 0, len(data) - len(self._rest)):
            if match[1] is not None:
                keys.append(_SEQUENCES.get(match[1], ""))
            elif match[2] is not None:
                keys.append(match[2].decode("ascii", errors="ignore"))
        return [key for key in keys if key]


class Keyboard:
    """The keys of the terminal that is the standard input; it has none if that is no terminal."""

    def __init__(self, has_keys: bool) -> None:
        self._parser = KeyParser()
        self._has_keys = has_keys

    def wait(self, seconds: float) -> list[str]:
        """Waits until a key is pressed, or for some time.

        Args:
            seconds: The longest time.

        Returns:
            The keys that were pressed.
        """
        if not self._has_keys:
            time.sleep(seconds)
            return []
        if sys.platform == "win32":
            return _wait_on_windows(seconds)
        file = sys.stdin.fileno()
        if not select.select([file], [], [], seconds)[0]:
            return []
        data = os.read(file, 1024)
        self._has_keys = bool(data)  # the terminal may be gone
        return self._parser.feed(data)


@contextlib.contextmanager
def open_keyboard() -> Iterator[Keyboard]:
    """Lets keys be read as they are pressed, until the end of the context, whatever ends it."""
    if not sys.stdin.isatty() or sys.platform == "win32":
        yield Keyboard(sys.stdin.isatty())
        return
    import termios

    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    mode = termios.tcgetattr(file)
    mode[3] &= ~(termios.ICANON | termios.ECHO)
    mode[6][termios.VSUSP] = b"\0"  # Ctrl-Z would leave the view on the shell's screen
    try:
        termios.tcsetattr(file, termios.TCSADRAIN, mode)
        yield Keyboard(True)
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)


def _wait_on_windows(seconds: float) -> list[str]:
    import msvcrt

    end = time.monotonic() + seconds
    while not msvcrt.kbhit():  # type: ignore[attr-defined, unused-ignore]
        if time.monotonic() >= end:
            return []
        time.sleep(0.02)
    key = msvcrt.getwch()  # type: ignore[attr-defined, unused-ignore]
    if key in "\0\xe0":  # the first half of a special key
        key = _WINDOWS.get(msvcrt.getwch(), "")  # type: ignore[attr-defined, unused-ignore]
    return [key] if key else []
