"""Streams that grow by a factor per block, and blocks and streams of unlike size."""

import numpy as np
import pandas as pd
import pytest

from helpers.made_up_inspections import make_inspection, make_residual
from helpers.made_up_logs import find

BLOCKS = np.arange(12)
PRE_NORM = make_residual(np.sqrt(1 + BLOCKS), np.ones(12))
POST_NORM = make_residual(np.ones(12), np.full(12, 0.5))


def judge(table, loss=0.7, **thresholds):
    found = find(make_inspection(residual=table, setup={"loss": loss}), **thresholds)
    return {rule: finding for rule, finding in found.items() if rule.startswith("residual")}


@pytest.mark.parametrize(
    "table",
    [
        PRE_NORM,
        POST_NORM,
        make_residual(0.03 * np.ones(2), [1.0, 0.02]),  # small embeddings: the first block makes the stream
        make_residual(np.ones(12), np.zeros(12)),  # blocks that begin at 0
        make_residual(np.ones(12), np.full(12, 1e-6)),  # or near 0
        make_residual(np.zeros(12), np.zeros(12)),
        make_residual([0.0, 1.0], [1.0, 1.0]),
        make_residual(np.full(4, np.inf), np.full(4, np.inf)),
        make_residual([1e3], [1e-3]),
    ],
)
def test_silent(table):
    assert judge(table) == {}


def test_growth_by_a_factor():
    finding = judge(make_residual(2.0 ** (BLOCKS / 2) * 4, 2.0 ** (BLOCKS / 2) * 4))["residual_growth"]
    assert finding.severity == "warning"
    assert finding.layers == tuple(f"add_{i}" for i in range(6, 12))
    assert finding.evidence["growth"] == pytest.approx(8)  # a root of 2 six times
    assert finding.evidence["factor_per_addition"] == pytest.approx(2**0.5)
    # Six amounts as the last before, whose square is half of that of the stream after it.
    assert finding.evidence["expected_growth"] == pytest.approx(2)
    assert finding.evidence["additions"] == 12


def test_growth_of_the_longest_way():
    grows = make_residual(10.0 ** np.arange(6), 10.0 ** np.arange(6))
    follows = np.concatenate([PRE_NORM["follows"], [-1], np.arange(12, 17)])
    table = pd.concat([PRE_NORM, grows], ignore_index=True).assign(follows=follows)
    assert judge(table)["residual_growth"].layers == ("add_3", "add_4", "add_5")
    beside = make_residual(np.tile([1.0, 30.0], 6), np.ones(12), follows=[-1, -1, *range(10)])
    assert judge(beside) == {}  # two streams of unlike size do not grow


@pytest.mark.parametrize(("stream", "added", "is_found"), [(100, 0.5, True), (100, 2.0, False), (10, 0.05, False)])
def test_blocks_that_a_stream_drowns(stream, added, is_found):
    found = judge(make_residual(np.full(4, stream), np.full(4, added)))
    assert list(found) == ["residual_imbalance"] * is_found
    if is_found:
        finding = found["residual_imbalance"]
        assert (finding.severity, len(finding.layers)) == ("warning", 4)
        assert finding.evidence == {"added_over_stream": 0.005, "stream_rms": 100, "additions": 4}
        assert "smaller before the first block" in finding.advice


@pytest.mark.parametrize(("added", "is_found"), [([5, 5, 4, 9], True), ([5, 5, 2, 9], False)])
def test_a_stream_that_blocks_drown(added, is_found):
    found = judge(make_residual(np.ones(4), added))
    assert list(found) == ["residual_imbalance"] * is_found
    if is_found:
        assert found["residual_imbalance"].evidence["added_over_stream"] == 4
        assert "skip connections do nothing" in found["residual_imbalance"].advice


def test_silent_once_the_loss_is_low():
    assert judge(make_residual(np.ones(4), np.full(4, 10.0)), loss=0.0) == {}


def test_thresholds_can_be_changed():
    assert judge(make_residual(10.0**BLOCKS, 10.0**BLOCKS), residual_growth=1e9) == {}
    assert judge(make_residual(np.full(4, 100.0), np.full(4, 0.5)), drowned_blocks=1e-3) == {}
    assert judge(make_residual(np.full(4, 100.0), np.full(4, 0.5)), drowning_stream=1e3) == {}
    assert judge(make_residual(np.ones(4), np.full(4, 10.0)), drowned_stream=20) == {}
