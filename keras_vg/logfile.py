"""The bytes of a log file, whose last piece a killed process may have left torn."""

import zlib
from pathlib import Path


def is_compressed(path: Path) -> bool:
    """Whether the file's name says that it is compressed by gzip."""
    return path.suffix.lower() == ".gz"


def read_whole(path: Path) -> tuple[bytes, int]:
    """Reads a log, without what is torn at its end.

    Args:
        path: The file; one that ends in `.gz` is a sequence of gzip members, one per write.

    Returns:
        The (uncompressed) text up to the end of its last whole line, and the size in bytes of the part of the file
        that holds whole lines, or whole members.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is damaged elsewhere than at its end, or no gzip file in spite of its name.
    """
    data = path.read_bytes()
    if not is_compressed(path):
        size = data.rfind(b"\n") + 1
        return data[:size], size
    parts: list[bytes] = []
    size = 0
    while size < len(data):
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: with gzip's header and checksum
        try:
            part = member.decompress(data[size:])
        except zlib.error as error:
            raise ValueError(
                f"A log whose name ends in .gz must be a whole gzip file. Received: {str(path)!r}, which is damaged "
                f"at byte {size}: {error}."
            ) from error
        if not member.eof:
            break
        parts.append(part)
        size = len(data) - len(member.unused_data)
    return b"".join(parts), size
