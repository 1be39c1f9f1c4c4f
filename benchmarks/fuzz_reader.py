"""Feeds damaged logs to the readers and the report: each must be read right or refused, and nothing else may happen."""

import base64
import contextlib
import csv
import gzip
import io
import re
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import typer
from typer.testing import CliRunner

import keras_vg as vg
from keras_vg.cli import app
from keras_vg.logs.runs import read_run_logs
from keras_vg.logs.schemas import SCHEMAS, Schema
from keras_vg.logs.writer import CsvLog
from keras_vg.report import render_report

FORBIDDEN = ("open", "os.", "subprocess.", "socket.", "shutil.", "pickle.", "ctypes.", "exec", "import", "webbrowser.")
"""What an audit hook is told of (PEP 578) and no reader of a log has to do, but for opening the log itself."""

HARMLESS = ("os.listdir", "os.scandir")

HOSTILE = [
    b"=cmd|' /C calc'!A0",
    b"@import('os').system('id')",
    b"__import__('os').system('id')",
    b"<script>alert(1)</script>",
    b"file:///etc/passwd",
    b"../../../../etc/passwd",
    b"[link=file:///etc/passwd]x[/link]",
    b"{0.__class__}",
    b"$(id)",
    b"%s%n",
    b"\x1b]0;title\x07",
    b'"',
    b'""',
    b"\n",
    b"\r",
    b"\r\n",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"nan",
    b"-inf",
    b"1e999",
    b"99999999999999999999",
    b"-1",
    b"0x1F",
    b"1_000",
    b"1,5",
    b" 1",
    b"1 ",
    b"true",
    b",",
    b";",
]

NAMES = ["dense", "a,b", 'a "quoted" name', "two\nlines", "=1+1", "ünï/層", "NA", " a "]


def make_logs(folder: Path) -> list[tuple[Path, Schema, str]]:
    """Writes whole logs of every kind to start from."""
    logs = []
    for schema in SCHEMAS:
        for separator in ",;\t":
            for ending in ("csv", "csv.gz"):
                path = folder / f"{schema.name.split()[0]}{ord(separator)}.{ending}"
                log = CsvLog(path, schema, separator)
                log.open()
                for epoch in range(3):
                    log.write([make_block(schema, epoch, name) for name in NAMES[epoch : epoch + 6]])
                log.close()
                logs.append((path, schema, separator))
    return logs


def make_block(schema: Schema, epoch: int, name: str, rows: int = 3) -> dict[str, object]:
    rng = np.random.default_rng(epoch)
    columns = {int: np.arange(rows), float: rng.normal(size=rows).astype("float32"), str: name}
    return {column: epoch if column == "epoch" else columns[kind] for column, kind in schema.columns.items()}


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """Changes one thing, anywhere."""
    start, stop = sorted(rng.integers(0, len(data) + 1, 2))
    near = min(stop, start + int(rng.integers(1, 30)))
    hostile = HOSTILE[rng.integers(len(HOSTILE))]
    lines = data.splitlines(keepends=True)
    line = int(rng.integers(len(lines) + 1))
    match rng.integers(9):
        case 0:
            return data[:stop]
        case 1:
            return data[:start] + data[near:]
        case 2:
            return data[:start] + hostile + data[start:]
        case 3:
            return data[:start] + hostile + data[near:]
        case 4:
            return data[:start] + rng.bytes(near - start) + data[near:]
        case 5:
            return (
                data[:start]
                + bytes(byte ^ 1 << rng.integers(8) for byte in data[start : start + 1])
                + data[start + 1 :]
            )
        case 6:
            return data[:stop] + data[start:]
        case 7:
            return b"".join([*lines[:line], hostile + b"\n", *lines[line + 1 :]])
        case _:
            return data + bytes(int(rng.integers(1, 5000)))


def read_slowly(path: Path, schema: Schema, separator: str) -> list[tuple[object, ...]]:
    """Reads a log with Python's own csv module, up to the first line that is no row."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        decompressed = io.BytesIO()
        with contextlib.suppress(EOFError, OSError, zlib.error), gzip.open(path) as file:
            while chunk := file.read1(1):
                decompressed.write(chunk)
        data = decompressed.getvalue()
    rows: list[tuple[object, ...]] = []
    text = data.decode("utf-8", errors="surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    with contextlib.suppress(csv.Error, ValueError):
        next(reader, None)
        for row in reader:
            values = zip(schema.columns.values(), row, strict=True)
            rows.append(tuple(kind(value) for kind, value in values))
    return rows


def check(path: Path, schema: Schema, separator: str) -> str:
    """Reads one log and returns what came of it.

    Raises:
        AssertionError: If it was read wrong, or refused without a reason.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            log = vg.read_log(path, keep="all")
            vg.compare(path)
        except ValueError as error:
            named = re.search(r"in which line (\d+) does not", str(error))
            if "Every line of a log" in str(error):
                assert named, error  # noqa: PT017
                return "refused, naming a line"
            return "refused"
    got = list(log.drop(columns="run").itertuples(index=False, name=None))
    expected = read_slowly(path, schema, separator)
    assert repr(got) == repr(expected[: len(got)]), path.read_bytes()
    torn = ["dropped the torn row" in str(warning.message) for warning in caught]
    assert all(torn), caught
    # What was dropped at the end was no whole row, or in no whole gzip member.
    assert len(expected) - len(got) <= (len(expected) if torn and path.suffix == ".gz" else len(torn)), (
        path.read_bytes()
    )
    return "read up to a torn row" if torn else "read whole"


def check_report(path: Path) -> str:
    """Reports on one log and returns what came of it.

    Raises:
        AssertionError: If the page has an element, an attribute or a script that is not the report's own, or a
            picture that is no drawing, or refers to anything.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            page = _Page(render_report(read_run_logs([path])))
        except ValueError:
            return "not reported"
    for tag, attributes in page.elements:
        assert set(attributes) <= set(ELEMENTS[tag].split()), (tag, attributes)
    assert page.scripts == [SCRIPT]
    assert all(link.startswith("#run-") for link in page.links), page.links
    for picture in page.pictures:
        kind, _, data = picture.partition(",")
        assert kind == "data:image/svg+xml;base64", kind
        for element in ElementTree.fromstring(base64.b64decode(data, validate=True)).iter():
            assert element.tag.rpartition("}")[2] in DRAWN, element.tag
            links = [value for name, value in element.items() if name.rpartition("}")[2] == "href"]
            assert all(link.startswith(("#", "data:image/png;base64,")) for link in links), links
            assert not any(name.startswith("on") for name in element.keys()), element.attrib  # noqa: SIM118
    return "reported"


class _Page(HTMLParser):
    """What a page consists of, text aside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, tuple[str, ...]]] = set()
        self.scripts: list[str] = []
        self.pictures: list[str] = []
        self.links: list[str] = []
        self._is_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a tag with the names of its attributes."""
        self.elements.add((tag, tuple(dict(attrs))))
        self._is_script = tag == "script"
        if tag == "img":
            self.pictures.append(str(dict(attrs)["src"]))
        self.links += [str(value) for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        """Notes a script."""
        if self._is_script:
            self.scripts.append(data)
            self._is_script = False


SCRIPT = resources.files("keras_vg.report").joinpath("templates").joinpath("sort.js").read_text(encoding="utf-8")

PLAIN = "head title style body h1 h2 h3 figure figcaption summary thead tbody tr script code"
ELEMENTS = dict.fromkeys(PLAIN.split(), "") | {
    "html": "lang",
    "meta": "charset name content http-equiv",
    "section": "class id",
    "p": "class",
    "a": "href",
    "span": "class title",
    "div": "class tabindex role aria-label",
    "table": "class",
    "img": "alt src",
    "details": "open",
    "th": "scope class",
    "td": "class",
    "button": "type",
}
"""What a report consists of, with the attributes."""

DRAWN = {"svg", "g", "path", "text", "tspan", "use", "defs", "style", "rect", "clipPath", "pattern", "image"}
DRAWN |= {"metadata", "RDF", "Work", "type", "date", "format", "creator", "Agent", "title"}
"""Elements of matplotlib's drawings, and of what they say about themselves."""


@contextlib.contextmanager
def watched(allowed: Path) -> Iterator[None]:
    """Raises if anything is opened, run or loaded meanwhile, but for one file."""
    global _watch
    if not _hooks:
        sys.addaudithook(_hook)  # it can never be removed
        _hooks.append(_hook)
    _watch = allowed
    try:
        yield
    finally:
        _watch = None


_watch: Path | None = None
_hooks: list[object] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _watch is None or not event.startswith(FORBIDDEN) or event in HARMLESS:
        return
    if event == "open" and str(_watch) == str(arguments[0]):
        return
    raise AssertionError(f"reading {_watch} caused {event} {arguments!r}")


def fuzz(inputs: int, seed: int = 0) -> Counter[str]:
    """Damages logs and reads each in every way.

    Args:
        inputs: How many.
        seed: Of what is damaged where.

    Returns:
        How many of them came to what.

    Raises:
        AssertionError: At the first that is read wrong, or that does anything but being read.
    """
    rng = np.random.default_rng(seed)
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        logs = make_logs(Path(folder))
        runner = CliRunner()
        for place in range(-len(logs), inputs):  # the first ones whole: they load what is loaded at first use
            source, schema, separator = logs[place % len(logs)]
            path = Path(folder) / f"damaged{place % 2}.{source.name.partition('.')[2]}"
            data = source.read_bytes()
            for _ in range(rng.integers(1, 4) if place >= 0 else 0):
                data = damage(data, rng)
            path.write_bytes(data)
            if place < 0:
                assert check(path, schema, separator) == "read whole"
                assert check_report(path) == "reported"
                runner.invoke(app, ["compare", str(path)])
                continue
            with watched(path):
                outcomes[check(path, schema, separator)] += 1
                outcomes[check_report(path)] += 1
            if place % 20 == 0:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    result = runner.invoke(app, ["compare", str(path)])
                assert result.exit_code in (0, 2), (path, result.exception)
    return outcomes


def main(inputs: int = 10_000, seed: int = 0) -> None:
    """Damages INPUTS logs, reads each in every way, and prints what came of them."""
    for outcome, count in fuzz(inputs, seed).most_common():
        print(f"{count:8,} {outcome}")


if __name__ == "__main__":
    typer.run(main)
