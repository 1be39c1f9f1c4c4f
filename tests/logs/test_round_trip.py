"""Whatever a weight holds and a layer is called, the log gives it back: properties, not examples."""

import keras
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import keras_vg as vg
from keras_vg.logs.schemas import DELTA, GRADIENT
from keras_vg.logs.writer import CsvLog, _can_separate
from keras_vg.training import weights

DTYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32, "float64": np.float64}
SEPARATORS = [chr(code) for code in range(128) if _can_separate(chr(code))]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["a,b", 'a"b', '"', "a\nb", "a\r\nb", "\r", "\n", "=1+1", "ünï/層", "NA", "nan", "1", " a ", "\t", "'", "\x00", "#"]
)


def extremes(dtype):
    """The values at the edges of a type."""
    info = ml_dtypes.finfo(dtype)
    limits = [info.max, info.tiny, info.smallest_subnormal, info.tiny - info.smallest_subnormal, info.eps, 1.0, 0.0]
    return np.array([*limits, *(-np.array(limits)), np.nan, np.inf, -np.inf], dtype)


def write(path, values, layer="dense", separator=","):
    log = CsvLog(path, DELTA, separator)
    log.open()
    figures = dict.fromkeys(["before", "after", "delta", "implied_gradient"], values)
    keys = {"epoch": 0, "depth": 0, "layer": layer, "weight": layer, "index": np.arange(len(values))}
    log.write([{**keys, **figures, "learning_rate": np.float32(0.1)}])
    log.close()


def check_bits(read, written):
    """Bit for bit, but that one NaN is as good as another."""
    unsigned = f"u{written.dtype.itemsize}"
    same = read.view(unsigned) == written.view(unsigned)
    with np.errstate(invalid="ignore"):  # a signalling NaN of bfloat16 is one, too
        assert (same | (np.isnan(read) & np.isnan(written))).all()


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_values_round_trip_bit_for_bit(tmp_path_factory, dtype, ending):
    path = tmp_path_factory.mktemp("round_trip") / f"log.{ending}"
    kind = DTYPES[dtype]
    bits = arrays(f"u{np.dtype(kind).itemsize}", st.integers(1, 20))

    @settings(max_examples=60, deadline=None)
    @given(bits.map(lambda pattern: pattern.view(kind)), st.sampled_from(SEPARATORS))
    def check(values, separator):
        values = np.concatenate([values, extremes(kind)])
        variable = keras.Variable(values, dtype=dtype, trainable=True)
        write(path, weights.read_values(weights.Weight(0, "dense", "kernel", variable)), separator=separator)
        log = vg.read_log(path)
        for column in ("before", "after", "delta", "implied_gradient"):
            check_bits(log[column].to_numpy().astype(kind), values)

    check()


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_names_round_trip(tmp_path_factory, ending):
    path = tmp_path_factory.mktemp("round_trip") / f"log.{ending}"

    @settings(max_examples=150, deadline=None)
    @given(NAMES, st.sampled_from(SEPARATORS))
    def check(name, separator):
        write(path, np.float32([1, 2]), name, separator)
        log = vg.read_log(path)
        assert log["layer"].tolist() == log["weight"].tolist() == [name] * 2
        assert log["delta"].tolist() == [1, 2]

    check()


def test_every_separator_that_is_taken_can_be_read(tmp_path):
    for separator in SEPARATORS:
        for schema in (DELTA, GRADIENT):
            values = {int: np.array([3]), float: np.float32([-1e-9]), str: separator}
            log = CsvLog(tmp_path / "log.csv", schema, separator)
            log.open()
            log.write([{column: values[kind] for column, kind in schema.columns.items()}])
            log.close()
            table = vg.read_log(tmp_path / "log.csv")
            assert table["layer"].tolist() == [separator]
            assert table["learning_rate"].to_numpy("float32") == np.float32(-1e-9)
