"""What the rules about single optimizers and backends see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

BACKENDS: dict[str, Meaning] = {
    "unbuilt_optimizer": Meaning(
        sees=(
            "A first step that ruins the weights, and would not if the optimizer were built before it. On "
            "TensorFlow `fit` builds it inside the compiled step, where the copy of the weights that "
            "ScheduleFreeAdamW starts from is lost."
        ),
        severity="Error.",
        thresholds=("update_unbuilt",),
    ),
    "discarded_weights": Meaning(
        sees=(
            "Initial weights that Ftrl throws away: it computes weights from the sums of gradients that it keeps,"
            " which start at 0."
        ),
        severity="Warning.",
        thresholds=("update_discarded",),
    ),
    "coasting_weights": Meaning(
        sees=(
            "Weights whose gradient is exactly 0 and that move by the learning rate at each step all the same, as"
            " Lion's momentum makes them for thousands of steps."
        ),
        severity="Warning.",
        thresholds=(
            "coasting",
            "coasting_steps",
        ),
    ),
    "rank_under_muon": Meaning(
        sees=("Kernels of three and more axes, which Muon leaves to Adam, and biases of two, which it orthogonalizes."),
        severity="For information.",
    ),
    "schedule_by_batches": Meaning(
        sees=(
            "A learning rate schedule together with `gradient_accumulation_steps`: Keras counts its steps in batches."
        ),
        severity="For information: whether the steps were meant as updates, only their author knows.",
    ),
    "decay_without_gradient": Meaning(
        sees=(
            "Weights that the loss does not depend on, and that change all the same: on JAX their gradient is one"
            " of zeros rather than none, and an optimizer with weight decay shrinks them."
        ),
        severity="Warning.",
    ),
    "exhausted_data": Meaning(
        sees=(
            "Epochs that have fewer steps than the first, since the data ended before `epochs * steps_per_epoch` "
            "batches: of a generator only the first two batches are left, any other data begins again."
        ),
        severity="A warning if only leftovers are trained at the end; for information if data began again.",
        thresholds=("leftover_batches",),
    ),
}
