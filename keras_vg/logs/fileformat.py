"""The bytes of a log file: whose they are, what a row looks like, and which a killed process left torn."""

import contextlib
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from keras_vg.logs.schemas import Schema

_CHUNK = 1 << 16

_MEMBER_START = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
"""How each gzip member of a log starts: its time stamp is 0."""

_VALUES = {
    int: r"[+-]?\d{1,18}",
    float: r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?i:nan|inf(?:inity)?)",
}


def is_compressed(path: Path) -> bool:
    """Whether the file's name says that it is compressed by gzip."""
    return path.suffix.lower() == ".gz"


def lock(file: BinaryIO) -> None:
    """Makes an open file one's own for as long as it is open, against other processes and other openings.

    The lock is on the file itself, and readers do not feel it; it ends with the process, however that ends. On
    file systems without locks this does nothing.

    Raises:
        BlockingIOError: If somebody else has it.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where a lock keeps readers out, too: lock a byte that no log ever reaches
        import msvcrt

        place = file.tell()
        file.seek(1 << 62)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError as error:
            raise BlockingIOError(error.errno, error.strerror) from error
        finally:
            file.seek(place)
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return


def unlock(file: BinaryIO) -> None:
    """Gives a locked file back at once: closing it would not, as long as a forked child has it open, too."""
    with contextlib.suppress(ImportError, OSError):  # Windows has no forks; a file system without locks
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)


def match_rows(schema: Schema, separator: str) -> re.Pattern[bytes]:
    """Returns the pattern of one line of a log, header or row, its line end included."""
    mark = re.escape(separator)
    text = rf'"[^"]*(?:""[^"]*)*"|[^"{mark}\r\n]*'
    values = [_VALUES.get(kind, text) for kind in schema.columns.values()]
    row = mark.join(f"(?:{value})" for value in values)
    header = mark.join(schema.columns)
    return re.compile(rf"(?:{row}|\A{header})\r?\n".encode())


def read_header(path: Path) -> str:
    """Returns the first line of a log, as far as it is there, without its line end.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is no gzip file in spite of its name.
    """
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    if is_compressed(path):
        try:
            start = _new_member().decompress(start, _CHUNK)
        except zlib.error as error:
            raise ValueError(_describe_damage(path, 0, 0, error)) from error
    return start.split(b"\n", 1)[0].decode("utf-8", errors="replace").rstrip("\r")


def read_whole(path: Path, row: re.Pattern[bytes]) -> tuple[bytes, int]:
    """Reads a log, without what is torn at its end.

    Args:
        path: The file; one that ends in `.gz` is a sequence of gzip members, one per write.
        row: The pattern of a line.

    Returns:
        The (uncompressed) text of its whole lines, and the number of bytes of the file that are torn.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is a gzip file damaged elsewhere than at its end, or none in spite of its name.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not is_compressed(path):
            end = _find_last_row_end(file, size, row)
            file.seek(0)
            return file.read(end), size - end
        parts, end = [], 0
        for part, end in _decompress(file, path):  # noqa: B007  the last end counts
            parts.append(part)
        return b"".join(parts), size - end


def find_end(path: Path, row: re.Pattern[bytes]) -> int:
    """Returns the size in bytes of the part of a log that is not torn; raises as `read_whole`."""
    with path.open("rb") as file:
        if not is_compressed(path):
            return _find_last_row_end(file, os.fstat(file.fileno()).st_size, row)
        return max(end for _, end in _decompress(file, path))


def find_damage(text: bytes, row: re.Pattern[bytes]) -> int | None:
    """Returns the number of the first line, counted from 1, that is no row of the log; None if all are."""
    try:
        text.decode()
        end = len(text)
    except UnicodeDecodeError as error:
        end = error.start
    place = 0
    while place < len(text):
        match = row.match(text, place)
        if match is None or match.end() > end:
            return text.count(b"\n", 0, place) + 1
        place = match.end()
    return None


def _find_last_row_end(file: BinaryIO, size: int, row: re.Pattern[bytes]) -> int:
    """Where the last whole row of an uncompressed log ends.

    That is after the last line end, unless it is inside of quotes: a layer's name may contain line ends, too.
    """
    end = _find_last_line_end(file, size)
    offset = max(0, end - _CHUNK)
    file.seek(offset)
    tail = file.read(end - offset)
    start = len(tail)
    while start > 0:
        start = tail.rfind(b"\n", 0, start - 1) + 1
        match = row.match(tail, start)
        if match is not None:  # what follows it is no row; it is torn only if it breaks off inside of quotes
            is_torn = tail.count(b'"', match.end()) % 2 == 1
            return offset + match.end() if is_torn else end
    return end


def _find_last_line_end(file: BinaryIO, size: int) -> int:
    start = size
    while start > 0:
        stop, start = start, max(0, start - _CHUNK)
        file.seek(start)
        place = file.read(stop - start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
    return 0


def _decompress(file: BinaryIO, path: Path) -> Iterator[tuple[bytes, int]]:
    """Yields the text of each whole gzip member and where in the file it ends; first of all, no text and 0."""
    end = position = lines = 0
    yield b"", end
    member, parts = _new_member(), []
    while data := file.read(_CHUNK):
        position += len(data)
        while data:
            try:
                parts.append(member.decompress(data))
            except zlib.error as error:
                file.seek(end)
                if not file.read().strip(b"\0"):  # what a crash of the machine may leave
                    return
                raise ValueError(_describe_damage(path, end, lines, error)) from error
            data = member.unused_data
            if member.eof:
                end = position - len(data)
                text = b"".join(parts)
                lines += text.count(b"\n")
                yield text, end
                member, parts = _new_member(), []
    file.seek(end + 1)
    if _MEMBER_START in file.read():  # it is not the last one that is torn
        raise ValueError(_describe_damage(path, end, lines, "a member without end"))


def _new_member() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: with gzip's header and checksum


def _describe_damage(path: Path, end: int, lines: int, reason: object) -> str:
    return (
        f"A log whose name ends in .gz must be a whole gzip file. Received: {str(path)!r}, which is damaged "
        f"at byte {end}, behind line {lines}: {reason}."
    )
