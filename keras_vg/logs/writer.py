"""The CSV file that a callback appends to.

One log at a time writes to a file (a lock says so to other processes). What is appended together is written in one
call, or not at all. Errors in the file's path are raised before the first training step; a disk that fills up later
is a warning, and the training goes on.
"""

import contextlib
import errno
import gzip
import io
import os
import stat
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from keras_vg.logs import fileformat
from keras_vg.logs.rows import format_rows
from keras_vg.logs.schemas import Block, Schema

OTHER_COMPRESSIONS = (".bz2", ".xz", ".zip", ".zst", ".tar")
"""File name endings that make pandas expect another compression than gzip."""

MOST_UNWRITTEN = 64 * 2**20
"""Bytes of rows that are kept in memory when they cannot be written; beyond this the oldest rows are dropped."""

_mutex = threading.Lock()
_holders: "weakref.WeakValueDictionary[tuple[int, int], CsvLog]" = weakref.WeakValueDictionary()
"""The logs that this process has open, by the device and inode numbers of their files."""


class CsvLog:
    """Appends blocks of rows to a CSV file of a fixed schema.

    Numbers are written in the shortest form that reads back to the same float32 or float64. `write` hands the rows to
    the operating system before it returns, so a killed process loses at most the rows that it was writing; `close`
    waits until they are on the disk. From `reserve` to `close` no other log can open the same file, in this process
    or in another one.

    Args:
        filename: Path of the file. One that ends in `.gz` is compressed, each block as a gzip member.
        schema: The columns, in order.
        separator: One character between the values of a line.
        append: Whether to add to an existing file (its header must fit) or to replace it.

    Raises:
        TypeError: If `filename` is not a path.
        ValueError: If `separator` is not one character that can separate numbers.
    """

    _owner: tuple[threading.Thread | None, object]
    _unwritten: deque[tuple[int, bytes]]
    _is_open: bool

    def __init__(
        self, filename: str | os.PathLike[str], schema: Schema, separator: str = ",", append: bool = False
    ) -> None:
        self._file: io.FileIO | None = None
        self._forget()
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
        self._is_new = False

    @property
    def missing_rows(self) -> int:
        """How many of the rows since `open` are not in the file."""
        return self._lost_rows + sum(rows for rows, _ in self._unwritten)

    def reserve(self, training: object = None) -> None:
        """Opens and locks the file for this log, and raises if it cannot be written; changes nothing in it.

        Args:
            training: An object that stands for the `fit` whose rows are to be written. A log that an earlier `fit` of
                the same thread left open, because it was interrupted, is closed.

        Raises:
            BlockingIOError: If another log has the file open.
            IsADirectoryError: If the path is a directory.
            OSError: If the path cannot be written.
            ValueError: If rows are to be appended to a file with other columns.
        """
        if self.path.suffix.lower() in OTHER_COMPRESSIONS:
            raise ValueError(
                f"`filename` must not promise another compression than gzip. Received: filename={str(self.path)!r}. "
                "Let it end in .csv or .csv.gz."
            )
        if self.path.is_dir():
            raise IsADirectoryError(
                f"`filename` must be a file. Received: filename={str(self.path)!r}, a directory. Name a file inside it."
            )
        with _mutex:
            if self._file is not None and self._owner[0] not in (None, threading.current_thread()):
                self._check_is_left(self, training)
            self.close()
            self._forget()
            try:
                self._is_new = not self.path.exists()
                self._file = self._open_alone(training)
            except BlockingIOError:
                raise
            except OSError as error:
                raise self._explain(error) from error
            self._owner = (threading.current_thread(), training)
            _holders[_identify(self._file)] = self
        try:
            if self.append and not self._is_new:
                self._check_header()
        except BaseException:
            self.close()
            raise

    def open(self, training: object = None) -> None:
        """Reserves the file if `reserve` was not called, and writes the header unless the file has one to append to.

        Raises:
            OSError, ValueError: As `reserve`.
        """
        if self._file is None or self._is_open:
            self.reserve(training)
        assert self._file is not None
        try:
            if not self.append and os.fstat(self._file.fileno()).st_size:
                self._file.truncate(0)
            if not self.append or not self._mend_end():
                self._write_bytes(self._encode((self.separator.join(self.schema.columns) + "\n").encode()))
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise self._explain(error) from error
            raise
        self._is_open = True

    def write(self, blocks: Iterable[Block]) -> None:
        """Appends blocks of rows, all of them in one write to the operating system.

        If the write fails, the first failure is a warning, and the rows are kept for the next `write` or `close`: the
        newest `MOST_UNWRITTEN` bytes of them.

        Args:
            blocks: Each maps every column to an array or list of length `rows`, or to one value for all its rows.

        Raises:
            ValueError: If the log is not open.
        """
        if not self._is_open:
            raise ValueError(f"The log must be open. Received: a closed log of {str(self.path)!r}. Call open().")
        text, rows = format_rows(blocks, self.schema, self.separator)
        self._unwritten.append((rows, self._encode(text)))
        self._flush()

    def close(self) -> None:
        """Tries once more to write the rows that are left, and closes the file. A closed log can be opened again."""
        self._release()
        if self._is_open and self.missing_rows:
            warnings.warn(
                f"{self.path}: this log is incomplete, {self.missing_rows} rows could not be written.", stacklevel=2
            )
        self._is_open = False
        self._owner = (None, None)

    def __reduce__(self) -> tuple[Any, ...]:  # a copy is a closed log of the same file
        return type(self), (self.path, self.schema, self.separator, self.append)

    def __del__(self) -> None:  # where `fit` raised, nothing else calls `close`
        self.close()

    def _forget(self) -> None:
        """Sets the state of a log that is closed and has written nothing."""
        self._is_open = self._has_warned = False
        self._owner = (None, None)
        self._unwritten = deque()
        self._lost_rows = 0

    def _open_alone(self, training: object) -> io.FileIO:
        """Opens and locks the file, without changing it."""
        while True:
            file = io.FileIO(self.path, "ab")
            try:
                if not _is_regular(file):  # a pipe, /dev/null
                    return file
                holder = _holders.get(_identify(file))
                if holder is not None:
                    self._check_is_left(holder, training)
                    holder._release()
                try:
                    fileformat.lock(file)
                except BlockingIOError as error:
                    raise self._explain_lock("another process") from error
                if self.path.exists() and _identify(file) == _identify(self.path):
                    return file
            except BaseException:
                file.close()
                raise
            file.close()  # it was deleted or replaced between opening and locking

    def _check_is_left(self, holder: "CsvLog", training: object) -> None:
        """Raises if the `fit` that opened a log may still be running."""
        thread, held = holder._owner
        if thread is not None and thread.is_alive() and (thread is not threading.current_thread() or held is training):
            raise self._explain_lock("another logger of this process")

    def _release(self) -> None:
        """Writes the rows that are left, and unlocks and closes the file."""
        file = self._file
        if file is None:
            return
        if file.closed:  # by the garbage collector, which has no order
            self._file = None
            return
        if self._is_open:
            self._flush()
        self._file = None
        try:
            with file:
                if not _is_regular(file):
                    return
                _holders.pop(_identify(file), None)
                if self._is_open:
                    os.fsync(file.fileno())
                elif self._is_new and not os.fstat(file.fileno()).st_size:
                    Path(os.path.realpath(self.path)).unlink(missing_ok=True)  # realpath: behind a dangling link
                fileformat.unlock(file)
        except OSError as error:
            warnings.warn(f"{self.path}: its end may not have reached the disk ({error.strerror}).", stacklevel=3)

    def _flush(self) -> None:
        """Writes as many of the waiting rows as can be written."""
        try:
            while self._unwritten:
                self._write_bytes(self._unwritten[0][1])
                self._unwritten.popleft()
        except OSError as error:
            waiting = sum(len(data) for _, data in self._unwritten)
            while waiting > MOST_UNWRITTEN:
                rows, data = self._unwritten.popleft()
                self._lost_rows += rows
                waiting -= len(data)
            if not self._has_warned:
                self._has_warned = True
                warnings.warn(
                    f"{self.path}: rows could not be written ({error.strerror}). The training goes on, and its newest "
                    f"{MOST_UNWRITTEN >> 20} MiB of rows are kept to be written later.",
                    stacklevel=3,
                )

    def _write_bytes(self, data: bytes) -> None:
        """Writes all of the bytes or, if that fails, none."""
        if self._file is None:
            raise OSError(errno.EBADF, "another training in this thread took the file over")
        status = os.fstat(self._file.fileno())
        if not status.st_nlink and not self.path.exists():
            raise FileNotFoundError(errno.ENOENT, "the file was deleted")
        view = memoryview(data)
        try:
            while view:  # an unbuffered file may write only a part
                view = view[self._file.write(view) :]
        except BaseException:  # leave no partial row, be it a full disk or Ctrl-C
            with contextlib.suppress(OSError):
                self._file.truncate(status.st_size)
            raise

    def _encode(self, text: bytes) -> bytes:
        return gzip.compress(text, mtime=0) if fileformat.is_compressed(self.path) else text

    def _check_header(self) -> None:
        header = fileformat.read_header(self.path)
        if header and header.split(self.separator) != list(self.schema.columns):
            raise ValueError(
                f"A file that is appended to must have the columns of a {self.schema.name}, separated by "
                f"{self.separator!r}: {self.separator.join(self.schema.columns)}. "
                f"Received: filename={str(self.path)!r}, whose first line is {header[:200]!r}. "
                "The file is untouched; choose another one, or append=False to replace it."
            )

    def _mend_end(self) -> bool:
        """Cuts an incomplete last row that a killed process left. Returns whether the file still has a header."""
        assert self._file is not None
        size = os.fstat(self._file.fileno()).st_size
        end = fileformat.find_end(self.path, fileformat.match_rows(self.schema, self.separator)) if size else 0
        if end < size:
            self._file.truncate(end)
            if end:  # otherwise only a part of the header was there
                warnings.warn(
                    f"{self.path}: cut the torn row at its end, {size - end} bytes (a killed training?)",
                    stacklevel=2,
                )
        return end > 0

    def _explain(self, error: OSError) -> OSError:
        return type(error)(
            error.errno,
            f"`filename` must be a path that can be written ({error.strerror}). "
            f"Received: filename={str(self.path)!r}. Create its folder, make room, or choose another path",
        )

    def _explain_lock(self, holder: str) -> BlockingIOError:
        return BlockingIOError(
            errno.EWOULDBLOCK,
            f"A log must have one writer at a time. Received: filename={str(self.path)!r}, to which {holder} writes. "
            "Choose another path, or wait for the end of that training; one that broke off elsewhere gives the file "
            "back when its callback's `on_train_end` is called or its process ends",
        )


def _leave_to_parent() -> None:
    """Closes the parent's logs in a forked process, which would keep their locks when the parent has ended."""
    for log in list(_holders.values()):
        if log._file is not None:
            log._file.close()
            log._file = None
            log._is_open = False
    _holders.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def _is_regular(file: io.FileIO) -> bool:
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def _identify(file: io.FileIO | Path) -> tuple[int, int]:
    status = file.stat() if isinstance(file, Path) else os.fstat(file.fileno())
    return status.st_dev, status.st_ino


def _can_separate(character: str) -> bool:
    return character.isascii() and not character.isalnum() and character not in "\"'\r\n+-._ "
