"""Rules about attention: heads that have collapsed onto one key, and padding that is attended to."""

from collections.abc import Iterator

import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_collapsed_attention(context: Context) -> Iterator[Finding]:
    """Layers whose heads all look at one key, since their logits are too large for softmax to pass a gradient."""
    t = context.thresholds
    layers = _reduce(context)
    chosen = layers[(layers["entropy"] < t.attention_entropy) & (layers["largest_logit"] > t.attention_logit)]
    if not chosen.empty:
        yield Finding(
            "attention_collapsed",
            "warning",
            tuple(map(str, chosen.index)),
            None,
            {
                "relative_entropy": float(chosen["entropy"].min()),
                "largest_logit": float(chosen["largest_logit"].max()),
                "layers": float(len(chosen)),
                "of": float(len(layers)),
            },
            "Each query looks at one key alone, and softmax is flat there: queries and keys get next to no gradient. "
            "Use smaller initial weights for queries and keys (`kernel_initializer='glorot_uniform'`), "
            "`LayerNormalization` before the attention or on queries and keys, and a lower learning rate with a "
            "warm-up.",
        )


def find_attended_padding(context: Context) -> Iterator[Finding]:
    """Padding that takes part in attention, since no mask leaves it out."""
    t = context.thresholds
    layers = _reduce(context)
    chosen = layers[layers["padding_weight"] > t.padding_weight]
    if not chosen.empty:
        yield Finding(
            "padding_attended",
            "warning",
            tuple(map(str, chosen.index)),
            None,
            {
                "padding_weight": float(chosen["padding_weight"].max()),
                "padded_keys": float(chosen["padded_keys"].max()),
            },
            "This part of the attention goes to zeros at the end of the sequences. If 0 is padding, pass "
            "`attention_mask`, `keras.ops.not_equal(ids, 0)[:, None]` say, so that an answer does not depend on how "
            "far its example was padded. `Embedding(..., mask_zero=True)` does the same where all layers in between "
            "keep its mask: `+`, `*` and functions of `keras.ops` drop it, and so do `Add` and `Concatenate` beside an "
            "input without a mask, such as positions.",
        )


def _reduce(context: Context) -> pd.DataFrame:
    """The attention layers that were seen: means over their heads, of the logits the largest."""
    columns = {"entropy": "mean", "largest_logit": "max", "padded_keys": "mean", "padding_weight": "mean"}
    if context.inspection is None or context.inspection.attention.empty:
        return pd.DataFrame(columns=list(columns), dtype="float64")
    return context.inspection.attention.groupby("layer", sort=False).agg(columns)
