"""A log that is read while it is written: only what is new is read and parsed."""

import io
from pathlib import Path

import pandas as pd
import polars as pl

from keras_vg.logs import fileformat
from keras_vg.logs.history import make_history, read_history, split_header
from keras_vg.logs.reader import drop_repeated_epochs, find_schema, make_table, parse_rows
from keras_vg.logs.schemas import DELTA, HISTORY, LogType, Schema, UnknownLogError, identify
from keras_vg.logs.tail import Tail
from keras_vg.text import make_printable

RUN = "run"
"""The name that the tables of a followed log have for their run."""


class FollowedLog:
    """A log of this package, or a history, that another process may be writing.

    It may not exist yet, grow, be resumed or started anew, end with an incomplete row, or be compressed. Its rows are
    those of `read_table`, with one difference: a last line without a line end is left out of a history, too. Names are
    made printable.

    Args:
        path: The file.

    Attributes:
        path: The same.
        log_type: Which log it is; None as long as its header is not complete, or is of no known log.
        restarts: How often it was started anew: rows that `read` returned before are then no longer there.
        is_missing: Whether there is no such file at present.
        problem: Why the file cannot be read or is no log, for people; empty if it can.
        rows: The number of its rows.
        last_epoch: The last epoch among them; -1 without rows, and of a history without epochs.

    Example:
        >>> log = FollowedLog(Path("runs/sigmoid_vs_relu/relu_seed0_gradients.csv"))
        >>> rows = log.read()
        >>> log.log_type, sorted(rows["epoch"].unique().tolist()), log.read() is None
        ('gradients', [0, 1], True)
    """

    log_type: LogType | None
    rows: int
    last_epoch: int
    _mistake: str
    _schema: Schema | None
    _header: bytes
    _rest: bytes
    _lines: int
    _rows: list[pl.DataFrame]
    _histories: list[pd.DataFrame]
    _table: pd.DataFrame | None

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_missing = False
        self.problem = ""
        self._tail = Tail(path)
        self._forget()

    def read(self) -> pd.DataFrame | None:
        """Reads what is new.

        Returns:
            All rows of the epochs that have new rows; None if there are none. A large file takes several calls.
        """
        restarts, self.is_missing = self._tail.restarts, False
        try:
            text = self._tail.read()
            self.problem = ""
        except FileNotFoundError:
            self.is_missing, self.problem, text = True, "", b""
        except (OSError, ValueError) as error:
            self.problem, text = make_printable(str(error)), b""
        if self._tail.restarts > restarts:
            self._forget()
        if self._mistake:
            self.problem = self._mistake
        if not text or self._mistake:
            return None
        try:
            return self._parse(self._rest + text)
        except ValueError as error:
            self._mistake = self.problem = make_printable(str(error))
            return None

    @property
    def restarts(self) -> int:
        """How often the file was started anew."""
        return self._tail.restarts

    @property
    def is_behind(self) -> bool:
        """Whether the last `read` left something for the next one."""
        return not self._mistake and self._tail.is_behind

    @property
    def table(self) -> pd.DataFrame:
        """All rows, as `read_table` returns them; of a delta log, only those of the epoch that was read last."""
        if self._table is None:
            if self._schema is not None:
                self._rows = [pl.concat(self._rows)] if self._rows else [parse_rows(b"", self._schema, "", self.path)]
                self._table = make_table({RUN: self._rows[0]}, self._schema)
            else:
                self._histories = [pd.concat(self._histories or [pd.DataFrame()], ignore_index=True)]
                self._table = make_history(self._histories[0])
        return self._table

    def _forget(self) -> None:
        self.log_type = self._schema = self._table = None
        self.rows = self._lines = 0
        self._mistake = ""  # in the file's text: nothing behind it is read
        self._header = self._rest = b""
        self._rows, self._histories = [], []
        self.last_epoch = -1

    def _parse(self, text: bytes) -> pd.DataFrame | None:
        self._rest = text
        if self.log_type is None:
            line, end, self._rest = text.partition(b"\n")
            if not end:
                self._rest = text
                return None
            self._header = line + end
            name = line.decode("utf-8", errors="replace").rstrip("\r")
            self._schema = find_schema(name)
            found = self._schema or identify(split_header(name), repr(str(self.path)))
            if self._schema is None and found is not HISTORY:
                raise UnknownLogError(
                    f"{found.one.capitalize()} must have its columns in order. Received: {str(self.path)!r}."
                )
            self.log_type = found.log_type
        return self._add_history() if self._schema is None else self._add_rows(self._schema)

    def _add_rows(self, schema: Schema) -> pd.DataFrame | None:
        separator = chr(self._header[5])
        row = fileformat.match_rows(schema, separator)
        end = fileformat.find_last_row_end(io.BytesIO(self._rest), len(self._rest), row)
        text, self._rest = self._rest[:end], self._rest[end:]
        if not text:
            return None
        new = parse_rows(self._header + text, schema, separator, self.path, self._lines)
        self._lines += text.count(b"\n")
        new = _make_printable(new, schema)
        epochs = new["epoch"].unique()
        if self._rows and epochs.min() <= self.last_epoch:  # type: ignore[operator]
            old = pl.concat(self._rows)
            is_touched = old["epoch"].is_in(epochs.implode())
            new = pl.concat([old.filter(is_touched), new])
            self._rows = [old.filter(~is_touched)]
        new = drop_repeated_epochs(new)
        if schema is DELTA:  # which may be as long as its weights are many, and no rule reads it
            self._rows = [new.filter(new["epoch"] == new["epoch"][-1])]
        else:
            self._rows.append(new)
        self.last_epoch = max(self.last_epoch, *epochs)
        self.rows = sum(map(len, self._rows))
        self._table = None
        return make_table({RUN: new}, schema)

    def _add_history(self) -> pd.DataFrame | None:
        end = self._rest.rfind(b"\n") + 1
        text, self._rest = self._rest[:end], self._rest[end:]
        if not text.strip():
            return None
        history = read_history(self._header + text, self._header.decode("utf-8", errors="replace").rstrip("\r\n"))
        self._histories.append(history)
        self.rows += len(history)
        self._table = None
        self.last_epoch = int(self.table["epoch"].iloc[-1])
        return self.table


def _make_printable(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Makes the names in a log safe to show; nearly always they are."""
    for name in schema.texts:
        names = frame[name].unique()
        shown = {text: make_printable(text) for text in names if make_printable(text) != text}
        if shown:
            frame = frame.with_columns(pl.col(name).replace(shown))
    return frame
