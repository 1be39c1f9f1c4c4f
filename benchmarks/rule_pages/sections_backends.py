"""Sections about rules on what single optimizers and backends do otherwise than others."""

from rule_pages.section import Section

BACKENDS = [
    Section(
        rule="unbuilt_optimizer",
        sick="schedule free, built in its first step",
        healthy="schedule free, built before",
        silent="The same program with one more line, `model.optimizer.build(model.trainable_variables)`.",
        caption="No picture: all weights but those nearest 0 change by their own size.",
    ),
    Section(
        rule="discarded_weights",
        sick="hidden layers under ftrl",
        healthy="linear model under ftrl",
        silent="A linear model whose weights start at 0 has nothing to lose.",
        caption="No picture: the norm of the weights before and after one step says it.",
    ),
    Section(
        rule="coasting_weights",
        sick="dead layer under lion",
        healthy="dead layer under adam",
        silent="Adam's momentum is divided by the size of earlier gradients, and is used up after some steps.",
        caption="No picture: a line of gradients that is 0 beside one of steps that is not.",
    ),
    Section(
        rule="rank_under_muon",
        sick="attention under muon",
        healthy="dense layers under muon",
        silent="Kernels of two axes and biases of one, for which Muon was made.",
        caption="No picture: what decides is the number of axes of each weight.",
    ),
    Section(
        rule="schedule_by_batches",
        sick="schedule under accumulation",
        healthy="schedule without accumulation",
        silent="With an update per batch both counts are the same.",
        caption="No picture: the rate is right, and falls earlier than may have been meant.",
    ),
    Section(
        rule="decay_without_gradient",
        sick="decayed layer not called",
        healthy="layer not called",
        silent="The same model under an optimizer without weight decay.",
        caption="No picture: a norm that shrinks beside a count of steps that is 0.",
        backend="jax",
    ),
    Section(
        rule="exhausted_data",
        sick="too many steps per epoch",
        healthy="small adam",
        silent="Without `steps_per_epoch` an epoch is one pass over the data.",
        epochs=5,
        caption="No picture: the steps of the epochs are 5, 2, 5, 2, 5.",
    ),
]
