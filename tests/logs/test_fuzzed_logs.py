"""Damaged logs are read right or refused."""

import pytest

import fuzz_reader


@pytest.mark.parametrize(
    ("seed", "count"),
    [(1, 30), pytest.param(1, 200, marks=pytest.mark.long), pytest.param(2, 200, marks=pytest.mark.long)],
)
def test_fuzzed_logs_are_read_right_or_refused(seed, count):
    outcomes = fuzz_reader.fuzz(count, seed=seed)
    read = {"refused", "refused, naming a line", "read up to a torn row", "read whole"}
    assert sum(outcomes[outcome] for outcome in read) == count
    assert set(outcomes) == read | {"reported", "not reported"}
    assert outcomes["reported"] >= count / 20


def test_the_fuzzers_watch_notices(tmp_path):
    with (
        pytest.raises(AssertionError, match=r"reading .*log.csv caused open .*other.csv"),
        fuzz_reader.watched(tmp_path / "log.csv"),
    ):
        (tmp_path / "other.csv").write_text("")
