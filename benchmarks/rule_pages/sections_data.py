"""Sections about rules on the data, the labels and the output layer."""

from rule_pages import drawings
from rule_pages.section import Section

DATA = [
    Section(
        rule="nonfinite",
        sees="A value that is NaN or infinite: in an input, a label, a layer's output, a gradient, a weight or the "
        "loss. The finding names the first place, for everything after it follows from it.",
        severity="Error; a warning for labels under a loss that may leave them out.",
        sick="nan input",
        healthy="mlp tanh sgd",
        silent="The same data without the NaN: every output is finite.",
        draw=drawings.draw_outputs,
        caption="The largest output of each layer, on a log scale. Left, one value of the input is NaN, and so is "
        "everything after it.",
    ),
    Section(
        rule="constant_labels",
        sees="All labels of the batch are the same number. There is nothing to learn, though the loss falls.",
        severity="Warning.",
        sick="labels of one class only",
        healthy="mlp relu",
        silent="Both classes are in the batch.",
        draw=drawings.draw_reach,
        caption="Labels and first predictions, from the smallest to the largest; grey is what the last activation and "
        "the loss allow. Left, the labels are one point.",
    ),
    Section(
        rule="label_range",
        sees="Labels that the last activation cannot reach, or that the loss is not defined for. Whatever the network "
        "learns, part of the loss stays, or falls below 0 without end.",
        severity="Error.",
        thresholds=("reachable_loss", "endless_loss"),
        sick="labels -1 and 1",
        healthy="sigmoid output mse",
        silent="The labels are 0 and 1, which a sigmoid reaches.",
        draw=drawings.draw_reach,
        caption="Labels and first predictions; grey is what the last activation and the loss allow. Left, the labels "
        "-1 lie outside.",
    ),
    Section(
        rule="label_shape",
        sees="Labels with another number of axes than the predictions, under a loss that compares each prediction with "
        "every label. It is seen by computing the loss once more with labels in the predictions' shape.",
        severity="Error.",
        thresholds=("label_shape",),
        sick="labels of shape (n,), own loss",
        healthy="labels of shape (n, 1), own loss",
        silent="Labels and predictions have one shape, so both losses are the same number.",
        draw=drawings.draw_label_shape,
        caption="The loss of the first batch. Left, it changes when the same labels get the predictions' shape.",
    ),
    Section(
        rule="label_scale",
        sees="Labels of a regression that are far from unit size, while the predictions start near 0. The gradients "
        "are huge, yet steps of the usual size take thousands of updates to arrive.",
        severity="Error from `label_error` on, warning from `label_size` on; silent if the predictions are at least a "
        "tenth as large as the labels.",
        thresholds=("label_size", "label_error"),
        sick="labels times 10000.0",
        healthy="regression mae",
        silent="The labels are standardized.",
        draw=drawings.draw_label_size,
        caption="Root mean square of labels and first predictions, on a log scale.",
    ),
    Section(
        rule="input_scale",
        sees="Inputs far from unit scale, and no layer that brings them to it before the first kernel. Gradients of "
        "the first kernel grow with its inputs, and sigmoids and tanhs saturate.",
        severity="Warning from `input_size` on. Error from `input_error` on, or where the first loss is also "
        "`loss_excess` times that of a constant prediction.",
        thresholds=("input_size", "input_error", "loss_excess"),
        sick="raw pixels",
        healthy="rescaled pixels",
        silent="The same pixels; a `Rescaling` layer divides them by 255 first.",
        draw=drawings.draw_inputs,
        caption="The largest value of the input and of what the first kernel is given. Right, the input is as large, "
        "and a layer scales it.",
    ),
    Section(
        rule="feature_scale",
        sees="Features whose sizes differ by orders of magnitude, as given to the first kernel. No learning rate suits "
        "all their weights.",
        severity="Error where the largest input reaches `input_error`, else a warning; silent below `input_size`.",
        thresholds=("feature_range", "input_size", "input_error"),
        sick="raw wine",
        healthy="normalization layer",
        silent="The same data; a `Normalization` layer brings each feature to unit scale.",
        draw=drawings.draw_features,
        caption="Root mean square of the smallest and the largest feature; the grey band spans `feature_range` from "
        "the smallest.",
    ),
    Section(
        rule="embedding_range",
        sees="Ids that an `Embedding` has no row for. JAX looks up NaN and TensorFlow on a GPU zeros; the others raise "
        "an error.",
        severity="Error.",
        sick="embedding of too few rows",
        healthy="embedding",
        silent="The same ids, and a row for each.",
        draw=drawings.draw_ids,
        caption="The ids of the batch over the rows of the table; dashed: `input_dim`.",
        backend="jax",
    ),
    Section(
        rule="output_layer",
        sees="An output activation with which this loss cannot teach anything: softmax over one unit, logits under a "
        "loss of probabilities, probabilities under a loss of logits, several outputs for one number. It compares the "
        "last activation, the number of units, the loss and the labels.",
        severity="Error; a warning where the mistake only slows learning (an activation under `from_logits=True`, "
        "sigmoids for one of several classes).",
        sick="softmax of one",
        healthy="mlp relu",
        silent="One sigmoid unit under `binary_crossentropy`.",
        draw=drawings.draw_reach,
        caption="Labels and first predictions; grey is what the last activation and the loss allow. Left, softmax over "
        "one unit is 1 for every example.",
    ),
    Section(
        rule="saturated_output",
        sees="Under cross-entropy, predictions that are all 0 or 1 while the gradient is exactly 0, or some that are "
        "so wrong that they have none. Keras cuts probabilities off near 0 and 1, so that wrong answers get no "
        "gradient either; on TensorFlow it mostly finds the logits behind them, where this does not happen.",
        severity="Error if there is no gradient at all; a warning if some labels have none.",
        thresholds=("saturated_output", "cut_fraction"),
        sick="saturated softmax",
        healthy="mlp tanh sgd",
        silent="The same labels and loss; inputs of unit scale leave the probabilities between 0 and 1.",
        draw=drawings.draw_layer_gradients,
        caption="The gradient of each layer before the first step. Left, all are exactly 0.",
        backend="jax",
    ),
]
