"""Sections about rules on what single optimizers and backends do otherwise than others."""

from rule_pages.section import Section

BACKENDS = [
    Section(
        rule="unbuilt_optimizer",
        sees="A first step that ruins the weights, and would not if the optimizer were built before it. On TensorFlow "
        "`fit` builds it inside the compiled step, where the copy of the weights that ScheduleFreeAdamW starts from is "
        "lost.",
        severity="Error.",
        thresholds=("update_unbuilt",),
        sick="schedule free, built in its first step",
        healthy="schedule free, built before",
        silent="The same program with one more line, `model.optimizer.build(model.trainable_variables)`.",
        caption="No picture: all weights but those nearest 0 change by their own size.",
    ),
    Section(
        rule="discarded_weights",
        sees="Initial weights that Ftrl throws away: it computes weights from the sums of gradients that it keeps, "
        "which start at 0.",
        severity="Warning.",
        thresholds=("update_discarded",),
        sick="hidden layers under ftrl",
        healthy="linear model under ftrl",
        silent="A linear model whose weights start at 0 has nothing to lose.",
        caption="No picture: the norm of the weights before and after one step says it.",
    ),
    Section(
        rule="coasting_weights",
        sees="Weights whose gradient is exactly 0 and that move by the learning rate at each step all the same, as "
        "Lion's momentum makes them for thousands of steps.",
        severity="Warning.",
        thresholds=("coasting", "coasting_steps"),
        sick="dead layer under lion",
        healthy="dead layer under adam",
        silent="Adam's momentum is divided by the size of earlier gradients, and is used up after some steps.",
        caption="No picture: a line of gradients that is 0 beside one of steps that is not.",
    ),
    Section(
        rule="rank_under_muon",
        sees="Kernels of three and more axes, which Muon leaves to Adam, and biases of two, which it orthogonalizes.",
        severity="For information.",
        sick="attention under muon",
        healthy="dense layers under muon",
        silent="Kernels of two axes and biases of one, for which Muon was made.",
        caption="No picture: what decides is the number of axes of each weight.",
    ),
    Section(
        rule="schedule_by_batches",
        sees="A learning rate schedule together with `gradient_accumulation_steps`: Keras counts its steps in batches.",
        severity="For information: whether the steps were meant as updates, only their author knows.",
        sick="schedule under accumulation",
        healthy="schedule without accumulation",
        silent="With an update per batch both counts are the same.",
        caption="No picture: the rate is right, and falls earlier than may have been meant.",
    ),
    Section(
        rule="decay_without_gradient",
        sees="Weights that the loss does not depend on, and that change all the same: on JAX their gradient is one of "
        "zeros rather than none, and an optimizer with weight decay shrinks them.",
        severity="Warning.",
        sick="decayed layer not called",
        healthy="layer not called",
        silent="The same model under an optimizer without weight decay.",
        caption="No picture: a norm that shrinks beside a count of steps that is 0.",
        backend="jax",
    ),
    Section(
        rule="exhausted_data",
        sees="Epochs that have fewer steps than the first, since the data ended before `epochs * steps_per_epoch` "
        "batches: of a generator only the first two batches are left, any other data begins again.",
        severity="A warning if only leftovers are trained at the end; for information if data began again.",
        thresholds=("leftover_batches",),
        sick="too many steps per epoch",
        healthy="small adam",
        silent="Without `steps_per_epoch` an epoch is one pass over the data.",
        epochs=5,
        caption="No picture: the steps of the epochs are 5, 2, 5, 2, 5.",
    ),
]
