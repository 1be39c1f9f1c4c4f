"""What a process does when it is asked to end."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def end_by_exception() -> Iterator[None]:
    """Makes SIGTERM an exception in the main thread, so that what is in a `finally` is done, as after Ctrl-C.

    Raises:
        SystemExit: When the signal comes, with the status 128 + its number.
    """
    if threading.current_thread() is not threading.main_thread():  # where signals cannot be handled
        yield
        return

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
