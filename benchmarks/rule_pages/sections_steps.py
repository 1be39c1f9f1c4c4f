"""Sections about rules on the size of the steps and the course of the loss."""

from rule_pages import drawings
from rule_pages.section import Section

STEPS = [
    Section(
        rule="no_update",
        sees="Gradients came, but no weight moved by a single bit. The learning rate is 0, gradients are accumulated "
        "over more steps than there are, or the step is lost in rounding.",
        severity="Error if no weight ever moved; a warning if they stopped moving later.",
        sick="rate zero",
        healthy="mlp tanh sgd",
        silent="A rate of 0.1 on the same data: a step moves each kernel by about a hundredth.",
        draw=drawings.draw_update_sizes,
        caption="What the next step would change of each kernel, relative to its size (grey: healthy; dashed: "
        "thresholds of other rules). Left, exactly 0.",
    ),
    Section(
        rule="learning_rate_too_high",
        sees="A step that raises the loss of its own batch, or a loss that rises or goes up and down over the epochs. "
        "The direction is right, and the step goes beyond what it holds for.",
        severity="Error where one step raises the loss by `loss_jump`, or where the last loss is above that of a "
        "constant prediction (where that is unknown: `rising_error` times the lowest loss). Otherwise a warning.",
        thresholds=("loss_jump", "rising_loss", "rising_error", "oscillation", "oscillation_size"),
        sick="sgd rate 30.0",
        healthy="mlp tanh sgd",
        silent="The same data at a rate of 0.1: the loss falls at every epoch.",
        epochs=3,
        draw=drawings.draw_losses_of_any_size,
        caption="The training loss on a log scale; dashed: that of the best constant prediction. Left, the mean over "
        "the first epoch is astronomic: the very first steps overshoot.",
    ),
    Section(
        rule="learning_rate_too_low",
        sees="A step that hardly lowers the loss of its own batch, or a loss that hardly falls over the epochs, while "
        "the steps are small against the weights. Steps of a healthy size that gain nothing have another cause, and "
        "the rule is silent.",
        severity="Error below `slow_error` (over the epochs: below `flat_loss`), warning below `slow_loss` (over the "
        "epochs: below `slow_curve`).",
        thresholds=("slow_loss", "slow_error", "slow_curve", "small_steps", "flat_loss", "first_epochs", "first_steps"),
        sick="adam rate 1e-06",
        healthy="small adam",
        silent="The same data with a rate of 3e-4.",
        epochs=3,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction. Left, three epochs hardly move it.",
    ),
    Section(
        rule="update_too_large",
        sees="A step that changes a kernel by a large part of its size. What the initialization, or the training so "
        "far, has given it is replaced.",
        severity="Error from `update_large` on, warning from `update_warning` on.",
        thresholds=("update_warning", "update_large"),
        sick="adam rate 2.0",
        healthy="large adam",
        silent="A rate of 0.02 is coarse, and still below the warning.",
        draw=drawings.draw_update_sizes,
        caption="What the next step would change of each kernel, relative to its size (grey: healthy; dashed: "
        "thresholds).",
    ),
    Section(
        rule="update_too_small",
        sees="Steps that change no kernel by more than a millionth of its size. A change of order 1 would take a "
        "million of them.",
        severity="Error.",
        thresholds=("update_small",),
        sick="adam rate 1e-08",
        healthy="small adam",
        silent="A rate of 3e-4 moves the same kernels by about a thousandth.",
        draw=drawings.draw_update_sizes,
        caption="What the next step would change of each kernel, relative to its size (grey: healthy; dashed: "
        "thresholds).",
    ),
    Section(
        rule="skipped_steps",
        sees="Steps that a `LossScaleOptimizer` skipped, since gradients were not finite in float16. A few at the "
        "start are normal: that is how it finds its scale.",
        severity="Error where, in the last epoch, `skipped_steps` of the steps are skipped and at least "
        "`skipped_at_first` were altogether; a warning from a tenth on; otherwise for information.",
        thresholds=("skipped_steps", "skipped_at_first"),
        sick="float16 overflow",
        healthy="mixed float16",
        silent="The same layers in float16, with inputs of unit scale.",
        epochs=3,
        draw=drawings.draw_skipped,
        caption="The steps of each epoch: blue ones were made, hatched ones skipped.",
    ),
    Section(
        rule="loss_does_not_fall",
        sees="A loss that is as high after some epochs as before, while the steps are not too small. It says that "
        "something is wrong; the findings beside it say what.",
        severity="Error.",
        thresholds=("flat_loss", "first_epochs", "first_steps"),
        sick="sigmoids x12",
        healthy="two sigmoids",
        silent="Two layers of sigmoids, on the same data: the loss falls.",
        epochs=4,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction on the inspected batch. Left, it does "
        "not move.",
    ),
    Section(
        rule="no_better_than_constant",
        sees="A loss that settles at that of the best constant answer: never below it, or back there after it had "
        "learned (a collapse). That answer's loss is known from `inspect` or `TrainingGuard(x, y)`, never from a log "
        "alone: a loss of log(k) may be any.",
        severity="Error if the predictions for the probe batch hardly vary as well (`hardly_vary`), and it had been "
        "lower or has stayed for `settled_epochs` and `settled_steps`; otherwise a warning, since labels may be noise.",
        thresholds=(
            "baseline_distance",
            "baseline_noise",
            "settled_epochs",
            "settled_steps",
            "hardly_vary",
            "first_epochs",
            "first_steps",
        ),
        sick="sigmoids x10, regression",
        healthy="one layer of relu, regression",
        silent="One layer of ReLU, on the same data: the loss passes by that of the constant answer.",
        epochs=8,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction on the inspected batch. Left, it "
        "settles there.",
    ),
    Section(
        rule="learning_stops",
        sees="A training that was learning, and from one epoch on does not: no weight moves, or the rate is 0, or the "
        "loss is the very same. A schedule's soft end and a plateau before it are no stop.",
        severity="Warning.",
        thresholds=("still_part", "same_loss", "update_small", "flat_loss", "first_epochs"),
        sick="rate times 1e-4 at each epoch",
        healthy="rate times 0.9 at each epoch",
        silent="The same schedule with a factor of 0.9.",
        epochs=8,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction. Left, one epoch trained.",
    ),
    Section(
        rule="predictions_hardly_vary",
        sees="Predictions of a regression that are about the same for every example, beside labels that are not. "
        "They need a probe batch with its labels: `TrainingGuard(x, y)`.",
        severity="Warning: the inputs may say no more of the labels.",
        thresholds=("hardly_vary", "first_epochs", "first_steps"),
        sick="sigmoids x10, regression",
        healthy="one layer of relu, regression",
        silent="One layer of ReLU on the same data.",
        epochs=4,
        draw=drawings.draw_variation,
        caption="The standard deviation of the predictions, as part of the labels', at the end of each epoch; dashed: "
        "the threshold.",
    ),
    Section(
        rule="validation_loss_rises",
        sees="A validation loss that rises, by more than its noise, while the training loss falls.",
        severity="Warning if it rises from the first epoch on, or is `validation_gap` times the training loss even at "
        "its lowest: the validation data are other data, or the model learns the examples by heart at once. For "
        "information if it had fallen before.",
        thresholds=("validation_rise", "validation_gap", "settled_epochs"),
        sick="validation inputs not scaled",
        healthy="validation inputs scaled",
        silent="The same training, with validation inputs that are scaled as the training's are.",
        epochs=10,
        draw=drawings.draw_validation,
        caption="The training loss (blue) and the validation loss (red). Left, the validation inputs are ten times as "
        "large as those that are trained on.",
    ),
    Section(
        rule="endless_fall",
        sees="A loss below 0 that falls faster at every epoch. A loss that has a lowest value falls more slowly as it "
        "nears it; this one has none.",
        severity="Warning.",
        sick="labels 0 and 255",
        healthy="mlp relu",
        silent="Labels of 0 and 1: cross-entropy cannot fall below 0.",
        epochs=7,
        draw=drawings.draw_losses,
        caption="The training loss. Left, cross-entropy under a label of 255 falls without end; right, it nears 0 "
        "(dashed: the best constant prediction).",
        is_shared=False,
    ),
]
