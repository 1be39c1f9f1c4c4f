import gzip
import io
import struct

import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers.tables import make_block, write_log
from keras_vg.logs import rows
from keras_vg.logs.schemas import DELTA
from keras_vg.logs.writer import CsvLog

SPECIAL = np.array(
    [
        0.0,
        -0.0,
        np.nan,
        np.inf,
        -np.inf,
        1e-45,
        1.1754942e-38,
        np.finfo("float32").max,
        -np.finfo("float32").tiny,
        1 / 3,
    ],
    "float32",
)


def same_bits(a, b):
    return np.array_equal(a.view(f"u{a.itemsize}"), b.view(f"u{b.itemsize}")) or (
        np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a[a == 0]), np.signbit(b[b == 0]))
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_special_values_round_trip(tmp_path, name, separator):
    doubles = np.array([1 / 3, 5e-324, np.finfo("float64").max, np.nan, -0.0])
    path = write_log(tmp_path / name, make_block(SPECIAL), make_block(doubles, epoch=1), separator=separator)
    log = vg.read_log(path)
    assert same_bits(log["before"][log["epoch"] == 0].to_numpy("float32"), SPECIAL)
    assert same_bits(log["before"][log["epoch"] == 1].to_numpy("float64"), doubles)


def test_random_bit_patterns_round_trip_through_pandas_too(tmp_path):
    values = np.random.default_rng(0).integers(0, 2**32, 50_000, dtype=np.uint32).view("float32")
    path = write_log(tmp_path / "log.csv", make_block(values))
    assert same_bits(vg.read_log(path)["before"].to_numpy("float32"), values)
    # pandas' default parser is no exact one for float64, but exact enough for the float32 behind it
    normal = np.abs(values) >= np.finfo("float32").tiny
    assert same_bits(pd.read_csv(path)["before"].to_numpy("float32")[normal], values[normal])


def test_numbers_are_written_in_their_shortest_form(tmp_path):
    path = write_log(tmp_path / "log.csv", make_block(np.float32([0.1, 1, 1e-9])), make_block(np.array([0.1])))
    assert path.read_text().splitlines()[1:] == [
        "0,0,dense,kernel,0,0.1,0.1,0.1,0.001,0.1",
        "0,0,dense,kernel,1,1.0,1.0,1.0,0.001,1.0",
        "0,0,dense,kernel,2,1e-9,1e-9,1e-9,0.001,1e-9",
        "0,0,dense,kernel,0,0.1,0.1,0.1,0.001,0.1",
    ]


@pytest.mark.parametrize("layer", ["a,b", 'a"b', "a\nb", "=1+1", "ünï/層", "NA", "nan", "1", " a "])
def test_layer_names_round_trip(tmp_path, layer):
    path = write_log(tmp_path / "log.csv", make_block(SPECIAL, layer=layer))
    log = vg.read_log(path)
    assert log["layer"].tolist() == [layer] * len(SPECIAL)


def test_append_writes_no_second_header(tmp_path):
    for name in ("log.csv", "log.csv.gz"):
        path = tmp_path / name
        write_log(path, make_block(SPECIAL), append=True)
        write_log(path, make_block(SPECIAL, epoch=1), append=True)
        assert vg.read_log(path)["epoch"].tolist() == [0] * len(SPECIAL) + [1] * len(SPECIAL)


def test_append_cuts_a_line_without_end(tmp_path):
    path = write_log(tmp_path / "log.csv", make_block(SPECIAL))
    whole = path.read_bytes()
    path.write_bytes(whole + b"1,0,dense,ker")
    with pytest.warns(UserWarning, match="cut the torn row at its end, 13 bytes"):
        write_log(path, make_block(SPECIAL[:1], epoch=1), append=True)
    assert path.read_bytes() == whole + b"1,0,dense,kernel,0,0.0,0.0,0.0,0.001,0.0\n"


def test_a_very_long_torn_line_is_cut_whole(tmp_path):
    path = write_log(tmp_path / "log.csv", make_block(SPECIAL))
    whole = path.read_bytes()
    path.write_bytes(whole + b"1" * 200_000)
    with pytest.warns(UserWarning, match="200000 bytes"):
        write_log(path, append=True)
    assert path.read_bytes() == whole


def test_a_compressed_log_survives_a_torn_end(tmp_path):
    path = write_log(tmp_path / "log.csv.gz", make_block(SPECIAL), make_block(SPECIAL, epoch=1))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.warns(UserWarning, match="dropped the torn row"):
        assert vg.read_log(path)["epoch"].unique().tolist() == [0]
    with pytest.warns(UserWarning, match="cut the torn row"):
        write_log(path, make_block(SPECIAL, epoch=1), append=True)
    assert vg.read_log(path)["epoch"].tolist() == [0] * len(SPECIAL) + [1] * len(SPECIAL)
    assert len(pd.read_csv(path)) == 2 * len(SPECIAL)


def test_a_name_that_promises_what_the_file_is_not(tmp_path):
    path = tmp_path / "log.csv.gz"
    path.write_text("epoch")
    for use in (vg.read_log, lambda path: write_log(path, append=True)):
        with pytest.raises(ValueError, match=r"log.csv.gz.*damaged at byte 0"):
            use(path)
    with pytest.raises(ValueError, match="must not promise another compression"):
        write_log(tmp_path / "log.csv.bz2")


def test_append_under_a_header_without_line_end_keeps_the_header(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(",".join(DELTA.columns))
    write_log(path, make_block(SPECIAL), append=True)
    assert len(vg.read_log(path)) == len(SPECIAL)


def test_append_under_a_torn_header_is_refused(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"epoch,dep")
    with pytest.raises(ValueError, match="must have the columns of a delta log"):
        write_log(path, make_block(SPECIAL), append=True)
    assert path.read_bytes() == b"epoch,dep"


def test_reserving_a_path_changes_nothing(tmp_path):
    link, target = tmp_path / "link.csv", tmp_path / "target.csv"
    link.symlink_to(target)
    new, old = tmp_path / "new.csv", tmp_path / "old.csv"
    old.write_text("kept")
    for path in (link, new, old):
        log = CsvLog(path, DELTA)
        log.reserve()
        log.close()
    assert link.is_symlink()
    assert not target.exists()
    assert not new.exists()
    assert old.read_text() == "kept"


def test_append_with_another_separator_is_refused(tmp_path):
    path = write_log(tmp_path / "log.csv", make_block(SPECIAL))
    whole = path.read_bytes()
    with pytest.raises(ValueError, match="separated by ';'"):
        write_log(path, append=True, separator=";")
    assert path.read_bytes() == whole


def test_rows_are_in_the_file_as_soon_as_write_returns(tmp_path):
    log = CsvLog(tmp_path / "log.csv", DELTA)
    log.open()
    assert (tmp_path / "log.csv").read_text() == ",".join(DELTA.columns) + "\n"
    log.write([make_block(SPECIAL)])
    assert len(vg.read_log(tmp_path / "log.csv")) == len(SPECIAL)
    log.close()


def test_each_block_of_a_compressed_log_is_whole_by_itself(tmp_path):
    path = tmp_path / "log.csv.gz"
    log = CsvLog(path, DELTA)
    log.open()
    log.write([make_block(SPECIAL)])
    with gzip.open(path, "rt") as file:
        assert len(file.readlines()) == 1 + len(SPECIAL)
    log.close()
    assert struct.unpack("<H", path.read_bytes()[:2])[0] == 0x8B1F
    assert len(pd.read_csv(path)) == len(SPECIAL)


def test_writing_to_a_closed_log_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="Call open"):
        CsvLog(tmp_path / "log.csv", DELTA).write([make_block(SPECIAL)])


def test_what_pandas_writes_reads_back_the_same(tmp_path):
    path = write_log(tmp_path / "log.csv", make_block(SPECIAL[:5]))
    ours = pd.read_csv(path)
    buffer = io.StringIO()
    ours.to_csv(buffer, index=False)
    buffer.seek(0)
    pd.testing.assert_frame_equal(pd.read_csv(buffer), ours)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_few_rows_are_the_bytes_that_many_are(tmp_path, monkeypatch, kind, separator):
    rng = np.random.default_rng(0)
    values = np.concatenate([SPECIAL, 10.0 ** rng.uniform(-30, 30, 60), rng.integers(0, 10**9, 20)]).astype(kind)
    names = ["dense", "a,b", 'a"b', "a\nb", "a;b\tc", " a ", "\r", "ünï/層"]
    blocks = [make_block(part, epoch, name) for epoch, name in enumerate(names) for part in (values[:7], values[7:])]
    for block in blocks:
        block["learning_rate"] = block["learning_rate"].astype(kind)
    blocks += [blocks[0] | {"layer": ["x", "y", "z", "x", "y", "z", ""]}]
    few = write_log(tmp_path / "few.csv", *blocks, separator=separator)
    monkeypatch.setattr(rows, "FEW_ROWS", 0)
    many = write_log(tmp_path / "many.csv", *blocks, separator=separator)
    assert few.read_bytes() == many.read_bytes()


def test_a_file_that_was_closed_before_its_log(tmp_path):
    """As the garbage collector does it, which has no order."""
    log = CsvLog(tmp_path / "log.csv", DELTA)
    log.open()
    log._file.close()
    log.close()
    log.append = True
    log.open()
    log.close()
    assert vg.read_log(log.path).empty
