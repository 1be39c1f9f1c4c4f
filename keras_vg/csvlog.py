"""A CSV file that grows by whole epochs: opened late, written in one piece, never left half a header."""

import gzip
import io
import itertools
import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from keras_vg.logfile import is_compressed, read_whole
from keras_vg.schemas import Schema

Block = Mapping[str, Any]

OTHER_COMPRESSIONS = (".bz2", ".xz", ".zip", ".zst", ".tar")
"""Endings from which pandas would expect another compression."""


class CsvLog:
    """Appends blocks of rows to a CSV file of a fixed schema.

    Numbers are written in the shortest form that reads back to the same float32 or float64. Each `write`
    reaches the operating system before it returns, so a killed process loses at most what it was writing.

    Args:
        filename: Path of the file. One that ends in `.gz` is compressed, each block as a gzip member.
        schema: The columns, in order.
        separator: One character between the values of a line.
        append: Whether to add to an existing file (its header must fit) or to replace it.

    Raises:
        TypeError: If `filename` is not a path.
        ValueError: If `separator` is not one character that can separate numbers.
    """

    def __init__(
        self, filename: str | os.PathLike[str], schema: Schema, separator: str = ",", append: bool = False
    ) -> None:
        self._file: io.FileIO | None = None
        if not isinstance(filename, str | os.PathLike):
            raise TypeError(
                f"`filename` must be a path. Received: filename={filename!r}. Pass a string or a pathlib.Path."
            )
        if not isinstance(separator, str) or len(separator) != 1 or not _can_separate(separator):
            raise ValueError(
                "`separator` must be one ASCII character that occurs in no number, quote or line end. "
                f"Received: separator={separator!r}. Use ',', ';' or a tab."
            )
        self.path = Path(filename)
        self.schema = schema
        self.separator = separator
        self.append = append

    def check(self) -> None:
        """Raises unless the file could be opened now; changes nothing on disk.

        Raises:
            IsADirectoryError: If the path is a directory.
            OSError: If the path cannot be written.
            ValueError: If rows are to be appended to a file with other columns.
        """
        existed = self.path.exists()
        if self.path.suffix.lower() in OTHER_COMPRESSIONS:
            raise ValueError(
                f"`filename` must not promise another compression than gzip. Received: filename={str(self.path)!r}. "
                "Let it end in .csv or .csv.gz."
            )
        if self.path.is_dir():
            raise IsADirectoryError(
                f"`filename` must be a file. Received: filename={str(self.path)!r}, a directory. Name a file inside it."
            )
        try:
            self.path.open("ab").close()
        except OSError as error:
            raise type(error)(
                error.errno,
                f"`filename` must be a path that can be written ({error.strerror}). "
                f"Received: filename={str(self.path)!r}. Create its folder, or choose another path",
            ) from error
        if not existed:
            Path(os.path.realpath(self.path)).unlink()  # of a dangling link, the file that was just made
        elif self.append:
            self._check_header()

    def open(self) -> None:
        """Opens the file and writes the header, unless rows are appended under an existing one.

        Raises:
            OSError, ValueError: As `check`.
        """
        self.close()
        self.check()
        self._file = io.FileIO(self.path, "ab" if self.append else "wb")
        if self._file.tell() == 0 or not self._mend_end():
            self._write_bytes((self.separator.join(self.schema.columns) + "\n").encode())

    def write(self, blocks: Iterable[Block]) -> None:
        """Appends blocks of rows, all in one write to the operating system.

        Args:
            blocks: Each maps every column to an array or list of length `rows`, or to one value for all its rows.
        """
        buffer = io.BytesIO()
        frames = [_make_frame(block, self.schema) for block in blocks]
        # Frames of one float type go together: mixed, a float32 would be printed as the float64 it becomes.
        for _, same_type in itertools.groupby(frames, key=lambda frame: frame.schema):
            pl.concat(same_type, rechunk=False).write_csv(buffer, include_header=False, separator=self.separator)
        self._write_bytes(buffer.getbuffer())

    def close(self) -> None:
        """Closes the file; a closed log can be opened again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:  # a fit that raised never came to its end
        self.close()

    def _check_header(self) -> None:
        if is_compressed(self.path):
            header = read_whole(self.path)[0].split(b"\n", 1)[0].decode("utf-8", errors="replace")
        else:
            with self.path.open(encoding="utf-8", errors="replace", newline="") as file:
                header = file.readline()
        header = header.rstrip("\r\n")
        if header and header.split(self.separator) != list(self.schema.columns):
            raise ValueError(
                f"A file that is appended to must have the columns of a {self.schema.name}, separated by "
                f"{self.separator!r}: {self.separator.join(self.schema.columns)}. "
                f"Received: filename={str(self.path)!r}, whose first line is {header[:200]!r}. "
                "The file is untouched; choose another one, or append=False to replace it."
            )

    def _mend_end(self) -> bool:
        """Cuts what a killed process left torn, so that the next row starts a line; whether a header is left."""
        end = self.path.stat().st_size
        whole = read_whole(self.path)[1] if is_compressed(self.path) else _find_last_line_end(self.path)
        if whole < end:
            os.truncate(self.path, whole)
            if whole:  # otherwise all there was is a header without its line end
                warnings.warn(
                    f"{self.path}: cut the torn row at its end, {end - whole} bytes (a killed training?)",
                    stacklevel=2,
                )
        return whole > 0

    def _write_bytes(self, data: bytes | memoryview) -> None:
        if self._file is None:
            raise ValueError(f"The log must be open. Received: a closed log of {str(self.path)!r}. Call open().")
        view = memoryview(gzip.compress(data) if is_compressed(self.path) else data)
        while view:  # a raw file may take only a part
            view = view[self._file.write(view) :]


def _can_separate(character: str) -> bool:
    return character.isascii() and not character.isalnum() and character not in "\"'\r\n+-._ "


def _make_frame(block: Block, schema: Schema) -> pl.DataFrame:
    rows = next(len(values) for values in block.values() if isinstance(values, np.ndarray | list))
    return pl.DataFrame([_make_series(column, block[column], rows) for column in schema.columns])


def _make_series(name: str, values: Any, rows: int) -> pl.Series:
    if isinstance(values, np.ndarray | list):
        return pl.Series(name, values)
    if isinstance(values, np.generic):
        return pl.Series(name, np.full(rows, values))
    return pl.repeat(values, rows, eager=True).alias(name)


def _find_last_line_end(path: Path) -> int:
    with path.open("rb") as file:
        start = file.seek(0, os.SEEK_END)
        while start > 0:
            size = min(start, 65536)
            start -= size
            file.seek(start)
            place = file.read(size).rfind(b"\n")
            if place >= 0:
                return start + place + 1
    return 0
