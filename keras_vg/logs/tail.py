"""What is new in a file that grows: its bytes since the last look, and whether it was started anew."""

import os
import zlib
from pathlib import Path

from keras_vg.logs.fileformat import describe_damage, is_compressed, new_member

MOST_AT_ONCE = 16 << 20
"""Bytes of a file that one `read` takes in, so that a log of gigabytes does not have to fit into memory."""

_REMEMBERED = 256
"""Bytes before the end that are compared: if they have changed, it is another file, though it may be larger."""


class Tail:
    """Reads a file as it grows.

    A file is started anew if it is replaced by another one, or becomes shorter, or if its last bytes are not there any
    more when it has grown: a training that starts again may have written more by then.

    Args:
        path: The file, which need not exist yet. One that ends in `.gz` is decompressed: a sequence of gzip members,
            the last of which may be growing.

    Attributes:
        path: The same.
        restarts: How often the file was started anew.
    """

    _state: tuple[int, ...]
    _position: int
    _last: bytes
    _damage: ValueError | None
    _member: "zlib._Decompress"
    _member_start: int
    _lines: int

    def __init__(self, path: Path) -> None:
        self.path = path
        self.restarts = 0
        self._forget()

    @property
    def is_behind(self) -> bool:
        """Whether the last `read` left something for the next one."""
        return self._damage is None and bool(self._state) and self._position < self._state[2]

    def read(self) -> bytes:
        """Returns the (decompressed) text that is new: of a file that was started anew, all of it.

        Returns:
            Up to `MOST_AT_ONCE` bytes of the file, decompressed; nothing if nothing is new.

        Raises:
            OSError: If the file does not exist or cannot be read.
            ValueError: If its name ends in `.gz` and it is no gzip file, or a damaged one.
        """
        try:
            status = self.path.stat()
            state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if state == self._state:
                if self._damage is not None:
                    raise self._damage
                if self._position == status.st_size:
                    return b""
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                identity = (status.st_dev, status.st_ino)
                file.seek(max(0, self._position - len(self._last)))
                if self._position and (
                    identity != self._state[:2]
                    or status.st_size < self._position
                    or file.read(len(self._last)) != self._last
                ):
                    self._restart()
                file.seek(self._position)
                data = file.read(min(MOST_AT_ONCE, status.st_size - self._position))
        except FileNotFoundError:
            if self._position:
                self._restart()
            raise
        self._damage = None
        self._state = (*identity, status.st_size, status.st_mtime_ns)
        self._position += len(data)
        self._last = (self._last + data)[-_REMEMBERED:]
        return self._decompress(data) if is_compressed(self.path) else data

    def _restart(self) -> None:
        self.restarts += 1
        self._forget()

    def _forget(self) -> None:
        self._state = ()
        self._position = 0
        self._last = b""
        self._damage = None
        self._member = new_member()
        self._member_start = self._lines = 0

    def _decompress(self, data: bytes) -> bytes:
        parts = []
        while data:
            if self._member.eof:
                self._member, self._member_start = new_member(), self._position - len(data)
            try:
                parts.append(self._member.decompress(data))
            except zlib.error as error:
                self._member = new_member()
                if not data.strip(b"\0"):  # zeros, which a crash of the machine may leave
                    break
                damage = ValueError(describe_damage(self.path, self._member_start, self._lines, error))
                state = self._state
                self._restart()  # once the file changes, it is read again from its start
                self._state, self._damage = state, damage
                raise damage from error
            data = self._member.unused_data
            self._lines += parts[-1].count(b"\n")
        return b"".join(parts)
