"""Sections about rules on the size of the steps and the course of the loss."""

from rule_pages import drawings
from rule_pages.section import Section

STEPS = [
    Section(
        rule="no_update",
        sick="rate zero",
        healthy="mlp tanh sgd",
        silent="A rate of 0.1 on the same data: a step moves each kernel by about a hundredth.",
        draw=drawings.draw_update_sizes,
        caption="What the next step would change of each kernel, relative to its size (grey: healthy; dashed: "
        "thresholds of other rules). Left, exactly 0.",
    ),
    Section(
        rule="learning_rate_too_high",
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
        sick="adam rate 1e-06",
        healthy="small adam",
        silent="The same data with a rate of 3e-4.",
        epochs=3,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction. Left, three epochs hardly move it.",
    ),
    Section(
        rule="update_too_large",
        sick="adam rate 2.0",
        healthy="large adam",
        silent="A rate of 0.02 is coarse, and still below the warning.",
        draw=drawings.draw_update_sizes,
        caption="What the next step would change of each kernel, relative to its size (grey: healthy; dashed: "
        "thresholds).",
    ),
    Section(
        rule="update_too_small",
        sick="adam rate 1e-08",
        healthy="small adam",
        silent="A rate of 3e-4 moves the same kernels by about a thousandth.",
        draw=drawings.draw_update_sizes,
        caption="What the next step would change of each kernel, relative to its size (grey: healthy; dashed: "
        "thresholds).",
    ),
    Section(
        rule="no_loss_scaling",
        sick="a loss times 3e-6, float16",
        healthy="a loss times 3e-6, float16, scaled",
        silent="The same layers and loss, with an optimizer that scales the loss.",
        epochs=8,
        draw=drawings.draw_kernel_gradients,
        caption="The gradient of each kernel; the last layer computes in float32. Dashed: the threshold of "
        "`tiny_gradient`.",
    ),
    Section(
        rule="skipped_steps",
        sick="float16 overflow",
        healthy="mixed float16",
        silent="The same layers in float16, with inputs of unit scale.",
        epochs=3,
        draw=drawings.draw_skipped,
        caption="The steps of each epoch: blue ones were made, hatched ones skipped.",
    ),
    Section(
        rule="loss_does_not_fall",
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
        sick="sigmoids x10, regression",
        healthy="one layer of relu, regression",
        silent="One layer of ReLU, on the same data: the loss passes by that of the constant answer.",
        epochs=8,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction on the inspected batch. Left, it "
        "settles there.",
    ),
    Section(
        rule="few_steps",
        sick="digits in one batch",
        healthy="digits in batches of 32",
        silent="Twenty steps an epoch.",
        epochs=20,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction. Left, one step an epoch.",
    ),
    Section(
        rule="metric_mismatch",
        sick="one layer of relu, regression, by an accuracy",
        healthy="one layer of relu, regression, by the explained variance",
        silent="The same model with `keras.metrics.R2Score()`.",
        epochs=8,
        draw=drawings.draw_metric,
        caption="The metric, and the loss, which falls alike in both.",
    ),
    Section(
        rule="monitor_mode",
        sick="ring and its inside, stopped as accuracy rises",
        healthy="ring and its inside, stopped as accuracy falls",
        silent='The same `EarlyStopping` with `mode="max"`.',
        epochs=20,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction. Left, the accuracy is to fall.",
    ),
    Section(
        rule="ended_early",
        sick="ring and its inside, stopped where the loss falls by less than 0.5 an epoch",
        healthy="ring and its inside, stopped where the loss falls by less than 0.002 an epoch",
        silent="The same `EarlyStopping` with a `min_delta` of 0.002.",
        epochs=20,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction. Left, `min_delta` is 0.5.",
    ),
    Section(
        rule="learning_stops",
        sick="rate times 1e-4 at each epoch",
        healthy="rate times 0.9 at each epoch",
        silent="The same schedule with a factor of 0.9.",
        epochs=8,
        draw=drawings.draw_losses,
        caption="The training loss; dashed: that of the best constant prediction. Left, one epoch trained.",
    ),
    Section(
        rule="predictions_hardly_vary",
        sick="sigmoids x10, regression",
        healthy="one layer of relu, regression",
        silent="One layer of ReLU on the same data.",
        epochs=6,
        draw=drawings.draw_variation,
        caption="The standard deviation of the predictions, as part of the labels', at the end of each epoch; dashed: "
        "the threshold.",
    ),
    Section(
        rule="inference_differs",
        sick="raw features, averages with a momentum of 0.999",
        healthy="raw features, averages with a momentum of 0.9",
        silent="The same model with a momentum of 0.9.",
        epochs=12,
        draw=drawings.draw_modes,
        caption="The loss of the inspected batch at the end of each epoch, in training mode (blue) and of what the "
        "model predicts (red); dashed: that of the best constant prediction. Left, the moving averages are still those "
        "of the beginning.",
    ),
    Section(
        rule="probe_not_learned",
        sick="the first class alone has a weight",
        healthy="the first class has twice the weight",
        silent="The same data, the first class with a weight of 2 and the others with 1.",
        epochs=12,
        draw=drawings.draw_probe,
        caption="The loss of the training (blue), and that of the predictions for the inspected batch, each example "
        "with a weight of 1 (red); dashed: that of the best constant prediction.",
    ),
    Section(
        rule="shrunk_weights",
        sick="ring and its inside, a penalty of 3 on squares",
        healthy="ring and its inside, a penalty of 0.0001 on squares",
        silent="The same network with `keras.regularizers.L2(1e-4)`.",
        epochs=12,
        draw=drawings.draw_kernel_sizes,
        caption="The norm of each kernel after each epoch, over that after the first epoch, on a log scale; dashed: "
        "the threshold. Left, `L2(3)` shrinks both kernels while the training loss, which holds the penalty, falls.",
    ),
    Section(
        rule="worse_than_simple_model",
        sick="ring and its inside, without a hidden layer",
        healthy="ring and its inside, with a hidden layer",
        silent="The same data, with a hidden layer of 32 ReLU.",
        epochs=12,
        draw=drawings.draw_scores,
        caption="The score of the network's answers for the inspected batch, and that of the best simple model, "
        "fitted to other parts of it; none is fitted where the network scores 0.8. Left, a `Dense(1)` is to tell "
        "points within a circle from those around it.",
    ),
    Section(
        rule="validation_not_learned",
        sick="digits in the order of their classes, the last set aside",
        healthy="digits in any order, the last set aside",
        silent="The same digits, shuffled before a fifth of them is set aside.",
        epochs=10,
        draw=drawings.draw_validation,
        caption="The training loss (blue) and the validation loss (red). Left, the rows are sorted, so that those that "
        "are set aside are digits which the training never sees.",
    ),
    Section(
        rule="validation_loss_rises",
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
