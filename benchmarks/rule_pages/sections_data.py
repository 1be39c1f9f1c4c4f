"""Sections about rules on the data, the labels and the output layer."""

from rule_pages import drawings
from rule_pages.section import Section

DATA = [
    Section(
        rule="nonfinite",
        sick="nan input",
        healthy="mlp tanh sgd",
        silent="The same data without the NaN: every output is finite.",
        draw=drawings.draw_outputs,
        caption="The largest output of each layer, on a log scale. Left, one value of the input is NaN, and so is "
        "everything after it.",
    ),
    Section(
        rule="constant_labels",
        sick="labels of one class only",
        healthy="mlp relu",
        silent="Both classes are in the batch.",
        draw=drawings.draw_reach,
        caption="Labels and first predictions, from the smallest to the largest; grey is what the last activation and "
        "the loss allow. Left, the labels are one point.",
    ),
    Section(
        rule="label_range",
        sick="labels -1 and 1",
        healthy="sigmoid output mse",
        silent="The labels are 0 and 1, which a sigmoid reaches.",
        draw=drawings.draw_reach,
        caption="Labels and first predictions; grey is what the last activation and the loss allow. Left, the labels "
        "-1 lie outside.",
    ),
    Section(
        rule="label_shape",
        sick="labels of shape (n,), own loss",
        healthy="labels of shape (n, 1), own loss",
        silent="Labels and predictions have one shape, so both losses are the same number.",
        draw=drawings.draw_label_shape,
        caption="The loss of the first batch. Left, it changes when the same labels get the predictions' shape.",
    ),
    Section(
        rule="loss_function",
        sick="squared error with the wrong sign",
        healthy="own squared error",
        silent="The loss is 0 where predictions equal the labels, and higher for every constant prediction.",
        draw=drawings.draw_answers,
        caption="The losses of trial predictions. Left, predictions that equal the labels have the highest loss.",
    ),
    Section(
        rule="label_scale",
        sick="labels times 10000.0",
        healthy="regression mae",
        silent="The labels are standardized.",
        draw=drawings.draw_label_size,
        caption="Root mean square of labels and first predictions, on a log scale.",
    ),
    Section(
        rule="input_scale",
        sick="raw pixels",
        healthy="rescaled pixels",
        silent="The same pixels; a `Rescaling` layer divides them by 255 first.",
        draw=drawings.draw_inputs,
        caption="The largest value of the input and of what the first kernel is given. Right, the input is as large, "
        "and a layer scales it.",
    ),
    Section(
        rule="feature_scale",
        sick="raw wine",
        healthy="normalization layer",
        silent="The same data; a `Normalization` layer brings each feature to unit scale.",
        draw=drawings.draw_features,
        caption="Root mean square of the smallest and the largest feature; the grey band spans `feature_range` from "
        "the smallest.",
    ),
    Section(
        rule="embedding_range",
        sick="embedding of too few rows",
        healthy="embedding",
        silent="The same ids, and a row for each.",
        draw=drawings.draw_ids,
        caption="The ids of the batch over the rows of the table; dashed: `input_dim`.",
        backend="jax",
    ),
    Section(
        rule="output_layer",
        sick="softmax of one",
        healthy="mlp relu",
        silent="One sigmoid unit under `binary_crossentropy`.",
        draw=drawings.draw_reach,
        caption="Labels and first predictions; grey is what the last activation and the loss allow. Left, softmax over "
        "one unit is 1 for every example.",
    ),
    Section(
        rule="positions_alike",
        sick="one vector repeated, a Dense layer",
        healthy="one vector repeated, an LSTM",
        silent="An LSTM between, whose state differs from step to step.",
        epochs=6,
        draw=drawings.draw_positions,
        caption="How far labels and predictions differ from position to position of an example, as part of their size, "
        "before the training.",
    ),
    Section(
        rule="dead_outputs",
        sick="positive numbers by sigmoids, relu",
        healthy="positive numbers by sigmoids, softplus",
        silent="The same layers with softplus at the end, which has a slope everywhere.",
        epochs=20,
        caption="No picture: the models differ in their last activation.",
    ),
    Section(
        rule="saturated_output",
        sick="saturated softmax",
        healthy="mlp tanh sgd",
        silent="The same labels and loss; inputs of unit scale leave the probabilities between 0 and 1.",
        draw=drawings.draw_layer_gradients,
        caption="The gradient of each layer before the first step. Left, all are exactly 0.",
        backend="jax",
    ),
]
