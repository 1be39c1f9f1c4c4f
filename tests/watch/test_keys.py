"""Keys as terminals send them."""

import pytest

from keras_vg.watch.keys import KeyParser


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (b"qs", ["q", "s"]),
        (b"\x1b[A\x1b[B\x1bOC\x1bOD", ["up", "down", "right", "left"]),
        (b"\x1b[5~\x1b[6~\x1b[H\x1b[F\x1b[1~\x1b[4~", ["page up", "page down", "home", "end", "home", "end"]),
        (b"\x1b[15~q", ["q"]),  # F5
        (b"\x1bq", ["q"]),  # the key Esc, then q
        ("ä".encode() + b"q", ["q"]),
        (b"", []),
    ],
)
def test_keys_are_named(sent, keys):
    assert KeyParser().feed(sent) == keys
    parser = KeyParser()
    assert [key for index in range(len(sent)) for key in parser.feed(sent[index : index + 1])] == keys
