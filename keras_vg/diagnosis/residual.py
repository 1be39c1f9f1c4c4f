"""Rules about the residual stream: what blocks add to it, and how it grows over depth."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding

_FEWEST = 4
"""Additions of which a growth over the later half can be told."""


def find_residual_growth(context: Context) -> Iterator[Finding]:
    """A stream that grows by a factor per block, rather than by a like amount.

    Where each block adds a like amount, as after a normalization of its own, variances add up: over the later half of
    the additions the stream grows by no more than the amounts of the earlier half would make it grow.
    """
    for rows in _list_chains(context):
        if len(rows) < _FEWEST:
            continue
        growth, expected, later = measure_growth(rows)
        if growth < context.thresholds.residual_growth * expected:
            continue
        yield Finding(
            "residual_growth",
            "warning",
            tuple(rows["layer"].iloc[-later:].map(str)),
            None,
            {
                "growth": growth,
                "expected_growth": expected,
                "factor_per_addition": float(growth ** (1 / later)),
                "additions": float(len(rows)),
            },
            "What each block adds is in proportion to what it is given, so the stream grows by a factor per block. "
            "Normalize what each block is given (`LayerNormalization`, `BatchNormalization`), or let it start near 0: "
            "a last kernel of 0, or what is added times a small weight.",
        )
        return


def measure_growth(rows: pd.DataFrame) -> tuple[float, float, int]:
    """Measures how a stream grows over the later half of its additions.

    Args:
        rows: Of `Inspection.residual`, additions that follow each other, two or more.

    Returns:
        Its growth, that which the largest of the amounts of the earlier half would make, and the number of additions.
    """
    middle = (len(rows) - 1) // 2
    later = len(rows) - 1 - middle
    after, added = (rows[name].to_numpy("float64") for name in ("output_rms", "added_rms"))
    expected = np.sqrt(1 + later * (added[: middle + 1].max() / after[middle]) ** 2)
    return float(after[-1] / after[middle]), float(expected), later


def find_residual_imbalance(context: Context) -> Iterator[Finding]:
    """Blocks whose additions are nothing beside a large stream, or so large at each place that no stream is left."""
    t = context.thresholds
    for rows in _list_chains(context):
        stream, added = (rows[name].to_numpy("float64") for name in ("stream_rms", "added_rms"))
        if len(rows) < 2 or not (stream > 0).all():
            continue
        share = added / stream
        is_drowned = share.max() <= t.drowned_blocks and stream.min() >= t.drowning_stream
        if is_drowned or share.min() >= t.drowned_stream:
            yield Finding(
                "residual_imbalance",
                "warning",
                tuple(rows["layer"].map(str)),
                None,
                {
                    "added_over_stream": float(share.max() if is_drowned else share.min()),
                    "stream_rms": float(stream.min() if is_drowned else stream.max()),
                    "additions": float(len(rows)),
                },
                _ADVICE_ON_STREAM if is_drowned else _ADVICE_ON_BLOCKS,
            )
            return


_ADVICE_ON_STREAM = (
    "What the blocks add is lost beside what passes them by, so the model is little more than its first and last "
    "layers. Make the stream smaller before the first block: scale the inputs, use smaller initial weights for "
    "embeddings, or `LayerNormalization` behind them."
)
_ADVICE_ON_BLOCKS = (
    "Each block adds so much more than it is given that the skip connections do nothing: gradients pass all blocks as "
    "in a plain net. Use smaller initial weights in the last layer of each block."
)


def _list_chains(context: Context) -> Iterator[pd.DataFrame]:
    """The additions on each way through the model, the longest way first; each addition counts for the longest."""
    if context.inspection is None or context.inspection.residual.empty or context.is_converged:
        return
    table = context.inspection.residual.reset_index(drop=True)
    sizes = table[["stream_rms", "added_rms", "output_rms"]].to_numpy("float64")
    if not np.isfinite(sizes).all() or not (sizes[:, 2] > 0).all():
        return
    follows = table["follows"].to_numpy("int64")
    lengths = np.ones(len(table), "int64")
    for row, source in enumerate(follows):
        lengths[row] += lengths[source] if source >= 0 else 0
    left = np.ones(len(table), bool)
    for end in np.argsort(-lengths, kind="stable"):
        chain = []
        while end >= 0 and left[end]:
            left[end] = False
            chain.append(end)
            end = follows[end]
        if chain:
            yield table.iloc[chain[::-1]]
