"""Sections about rules on inputs that vary too little."""

from rule_pages import drawings
from rule_pages.section import Section

INPUTS = [
    Section(
        rule="input_too_small",
        sees="Inputs that differ so little from example to example, as given to the first kernel, that the model gives "
        "nearly the same answer to all. The first layer's weights would have to grow by thousands.",
        severity="Error below `input_small_error`, else a warning; all limits are ten times as high under plain SGD. "
        "Silent behind embeddings, where the first predictions differ by `constant_warning` all the same (large "
        "weights, a normalization further on), and once the loss is low (`converged_loss`).",
        thresholds=("input_small", "input_small_error", "constant_warning", "converged_loss"),
        sick="inputs of 1e-4",
        healthy="inputs of 0.1",
        silent="The same data, a thousand times as large: it is learned more slowly than at unit scale, and well.",
        draw=drawings.draw_spread,
        caption="The largest standard deviation of a feature, on a log scale.",
    ),
    Section(
        rule="constant_input",
        sees="Inputs that are the same for every example, while the labels are not.",
        severity="Error.",
        sick="the same input",
        healthy="inputs of 0.1",
        silent="The features vary.",
        caption="No picture: there is one value.",
    ),
    Section(
        rule="constant_feature",
        sees="Single features with one value, other than 0, in the whole batch. They act as a bias.",
        severity="For information.",
        sick="one constant feature",
        healthy="inputs of 0.1",
        silent="All features vary.",
        caption="No picture: it is one column of many.",
    ),
]
