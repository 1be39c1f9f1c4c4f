"""The bytes of a log file: its lock, the pattern of a row, and rows that a killed process left incomplete."""

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
"""The first bytes of each gzip member of a log, whose time stamp is 0."""

_VALUES = {
    int: r"[+-]?\d{1,18}",
    float: r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?i:nan|inf(?:inity)?)",
}


def is_compressed(path: Path) -> bool:
    """Whether the file's name says that it is compressed by gzip."""
    return path.suffix.lower() == ".gz"


def lock(file: BinaryIO) -> None:
    """Locks an open file for as long as it is open: neither another process nor this one can lock it again.

    The lock does not keep other processes from reading the file, and it ends with the process, however that ends. On
    file systems without locks this does nothing.

    Raises:
        BlockingIOError: If the file is locked, by another process or another opening.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where a lock also keeps readers out: lock a byte beyond the end of any log
        import msvcrt

        position = file.tell()
        file.seek(1 << 62)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError as error:
            raise BlockingIOError(error.errno, error.strerror) from error
        finally:
            file.seek(position)
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return


def unlock(file: BinaryIO) -> None:
    """Unlocks a file at once: closing it would not, as long as a forked child process has it open."""
    with contextlib.suppress(ImportError, OSError):  # Windows has no forks; a file system without locks
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)


def match_rows(schema: Schema, separator: str) -> re.Pattern[bytes]:
    """Returns the pattern of one line of a log, the header or a row, with its line end."""
    mark = re.escape(separator)
    text = rf'"[^"]*(?:""[^"]*)*"|[^"{mark}\r\n]*'
    values = [_VALUES.get(dtype, text) for dtype in schema.columns.values()]
    row = mark.join(f"(?:{value})" for value in values)
    header = mark.join(schema.columns)
    return re.compile(rf"(?:{row}|\A{header})\r?\n".encode())


def read_header(path: Path) -> str:
    """Returns the first line of a log, or what there is of it, without its line end.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If its name ends in `.gz` and it is no gzip file.
    """
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    if is_compressed(path):
        try:
            start = new_member().decompress(start, _CHUNK)
        except zlib.error as error:
            raise ValueError(describe_damage(path, 0, 0, error)) from error
    return start.split(b"\n", 1)[0].decode("utf-8", errors="replace").rstrip("\r")


def read_whole(path: Path, row: re.Pattern[bytes]) -> tuple[bytes, int]:
    """Reads a log, without an incomplete row at its end.

    Args:
        path: The file; one that ends in `.gz` is a sequence of gzip members, one per write.
        row: The pattern of a line.

    Returns:
        The (uncompressed) text of its complete lines, and the number of bytes of the file after them.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is a gzip file that is damaged elsewhere than at its end, or its name ends in `.gz` and it
            is no gzip file.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not is_compressed(path):
            end = find_last_row_end(file, size, row)
            file.seek(0)
            return file.read(end), size - end
        parts, end = [], 0
        for part, end in _decompress(file, path):  # noqa: B007  the last end counts
            parts.append(part)
        return b"".join(parts), size - end


def find_end(path: Path, row: re.Pattern[bytes]) -> int:
    """Returns the size in bytes of the complete lines of a log; raises as `read_whole`."""
    with path.open("rb") as file:
        if not is_compressed(path):
            return find_last_row_end(file, os.fstat(file.fileno()).st_size, row)
        return max(end for _, end in _decompress(file, path))


def find_damage(text: bytes, row: re.Pattern[bytes]) -> int | None:
    """Returns the number, from 1, of the first line that is neither the header nor a row; None if all are."""
    try:
        text.decode()
        end = len(text)
    except UnicodeDecodeError as error:
        end = error.start
    position = 0
    while position < len(text):
        match = row.match(text, position)
        if match is None or match.end() > end:
            return text.count(b"\n", 0, position) + 1
        position = match.end()
    return None


def find_last_row_end(file: BinaryIO, size: int, row: re.Pattern[bytes]) -> int:
    """Returns where the last complete row of an uncompressed log ends.

    That is after the last line end, unless that one is inside of quotes: a layer's name may contain line ends.

    Args:
        file: The log, or rows of it.
        size: The number of its bytes.
        row: The pattern of a line.
    """
    end = _find_last_line_end(file, size)
    offset = max(0, end - _CHUNK)
    file.seek(offset)
    tail = file.read(end - offset)
    start = len(tail)
    while start > 0:
        start = tail.rfind(b"\n", 0, start - 1) + 1
        match = row.match(tail, start)
        if match is not None:  # what follows is no row; it is an incomplete one if it ends inside of quotes
            is_torn = tail.count(b'"', match.end()) % 2 == 1
            return offset + match.end() if is_torn else end
    return end


def _find_last_line_end(file: BinaryIO, size: int) -> int:
    start = size
    while start > 0:
        stop, start = start, max(0, start - _CHUNK)
        file.seek(start)
        index = file.read(stop - start).rfind(b"\n")
        if index >= 0:
            return start + index + 1
    return 0


def _decompress(file: BinaryIO, path: Path) -> Iterator[tuple[bytes, int]]:
    """Yields the text of each complete gzip member and where in the file it ends; before the first, no text and 0."""
    end = position = lines = 0
    yield b"", end
    member, parts = new_member(), []
    while data := file.read(_CHUNK):
        position += len(data)
        while data:
            try:
                parts.append(member.decompress(data))
            except zlib.error as error:
                file.seek(end)
                if not file.read().strip(b"\0"):  # zeros, which a crash of the machine may leave
                    return
                raise ValueError(describe_damage(path, end, lines, error)) from error
            data = member.unused_data
            if member.eof:
                end = position - len(data)
                text = b"".join(parts)
                lines += text.count(b"\n")
                yield text, end
                member, parts = new_member(), []
    file.seek(end + 1)
    if _MEMBER_START in file.read():  # another member follows: it is not the last one that is incomplete
        raise ValueError(describe_damage(path, end, lines, "a gzip member without an end"))


def new_member() -> "zlib._Decompress":
    """Returns what decompresses one gzip member."""
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: with gzip's header and checksum


def describe_damage(path: Path, end: int, lines: int, reason: object) -> str:
    """Says where a gzip file is damaged: at which byte, behind which line of its text."""
    return (
        f"A log whose name ends in .gz must be a whole gzip file. Received: {str(path)!r}, which is damaged "
        f"at byte {end}, behind line {lines}: {reason}."
    )
