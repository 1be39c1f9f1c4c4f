"""Damaged logs are read right or refused."""

import pytest

import fuzz_reader


@pytest.mark.parametrize("seed", range(2))
def test_fuzzed_logs_are_read_right_or_refused(seed):
    outcomes = fuzz_reader.fuzz(200, seed=seed + 1)
    read = {"refused", "refused, naming a line", "read up to a torn row", "read whole"}
    assert sum(outcomes[outcome] for outcome in read) == 200
    assert set(outcomes) == read | {"reported", "not reported"}
    assert outcomes["reported"] >= 10


def test_the_fuzzers_watch_notices(tmp_path):
    with (
        pytest.raises(AssertionError, match=r"reading .*log.csv caused open .*other.csv"),
        fuzz_reader.watched(tmp_path / "log.csv"),
    ):
        (tmp_path / "other.csv").write_text("")
