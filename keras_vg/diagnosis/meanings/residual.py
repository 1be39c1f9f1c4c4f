"""What the rules about the residual stream see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

RESIDUAL: dict[str, Meaning] = {
    "residual_growth": Meaning(
        sees=(
            "A residual stream that grows by a factor per block. Where each block adds a like amount, as a block with "
            "a normalization does, variances add up, and the stream grows like the square root of depth; a stream that "
            "is normalized after each addition does not grow."
        ),
        severity="Warning: such a net learns, more slowly the deeper it is. Silent once the loss is low.",
        thresholds=("residual_growth", "converged_loss"),
    ),
    "residual_imbalance": Meaning(
        sees=(
            "Blocks that all add next to nothing to a stream that is large, so that the model is little more than its "
            "first and last layers; or that each add so much more than they are given that the skip connections do "
            "nothing. Blocks that begin near 0 on purpose, beside a stream of usual size, are none."
        ),
        severity=(
            "Warning: what the blocks are needed for is learned more slowly, or in part. Silent once the loss is low."
        ),
        thresholds=("drowned_blocks", "drowning_stream", "drowned_stream", "converged_loss"),
    ),
}
