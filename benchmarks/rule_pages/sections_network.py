"""Sections about rules on weights, units and gradients."""

from rule_pages import drawings
from rule_pages.section import Section

NETWORK = [
    Section(
        rule="symmetric_weights",
        sees="A hidden layer whose units all have the same weights and the same gradient. They stay one unit for ever, "
        "however long the training.",
        severity="Error; silent where only the output layer starts at 0, which its first step ends.",
        thresholds=("symmetric",),
        sick="constant everywhere",
        healthy="mlp tanh sgd",
        silent="The same layers with random weights.",
        draw=drawings.draw_spreads,
        caption="How far the units of each hidden layer differ in their weights, relative to the weights' size. Left, "
        "not at all.",
    ),
    Section(
        rule="unbounded_recurrence",
        sees="A recurrent layer without a bound, such as ReLU, whose state grows from one time step to the next beyond "
        "any scale. Its consequences, a rising loss for example, are then not reported beside it.",
        severity="Error.",
        thresholds=("exploding_activation",),
        sick="recurrent relu",
        healthy="recurrent tanh",
        silent="The same weights; tanh keeps the state between -1 and 1.",
        draw=drawings.draw_explosion,
        caption="The largest output of each layer on a log scale; dashed: `exploding_activation` times the largest "
        "input.",
    ),
    Section(
        rule="exploding_activation",
        sees="Outputs of a hidden layer that are beyond any scale that the inputs could explain. They grow from layer "
        "to layer where the weights are too large.",
        severity="Error.",
        thresholds=("exploding_activation",),
        sick="large relu 3.0",
        healthy="deep relu",
        silent="Ten layers of He's initialization keep the scale.",
        draw=drawings.draw_explosion,
        caption="The largest output of each layer on a log scale; dashed: `exploding_activation` times the largest "
        "input.",
    ),
    Section(
        rule="exploding_gradient",
        sees="A gradient that grows from layer to layer towards the input, by orders of magnitude. The first layers "
        "take steps that the last ones know nothing of.",
        severity="Error.",
        thresholds=("exploding_ratio",),
        sick="forty tanh of large weights",
        healthy="deep tanh",
        silent="Glorot's initialization keeps the gradient's size over ten layers.",
        draw=drawings.draw_gradients,
        caption="Root mean square of each layer's gradient over the depth, the input at the left.",
    ),
    Section(
        rule="saturated_units",
        sees="Hidden units of sigmoid, tanh or softsign that sit where their curve is flat: the derivative is below "
        "1 % of its maximum. Hardly any gradient passes them.",
        severity="Error from `saturated_fraction` of a layer's values on, warning from `saturated_warning` on.",
        thresholds=("saturated_warning", "saturated_fraction"),
        sick="large tanh 3.0",
        healthy="deep tanh",
        silent="Glorot's initialization keeps the sums within the steep part of the curve.",
        draw=drawings.draw_saturated,
        caption="Saturated values of each hidden layer on the inspected batch.",
    ),
    Section(
        rule="dead_relu",
        sees="Hidden ReLU units that are 0 for every example of the batch. They get no gradient, and nothing revives "
        "them.",
        severity="Error where a whole layer is dead (`dead_fraction`), warning from `dead_warning` on.",
        thresholds=("dead_warning", "dead_fraction"),
        sick="dead relu -10.0",
        healthy="small adam",
        silent="The same layers with biases that start at 0.",
        draw=drawings.draw_dead,
        caption="Dead units of each hidden layer. Left, biases of -10 leave the second layer at 0.",
    ),
    Section(
        rule="tiny_gradient",
        sees="Kernels whose gradients are tiny in every layer, whether or not some are smaller than others. Adam's "
        "epsilon outweighs them, and SGD does not move.",
        severity="Error; silent once the loss is low (`converged_loss`), when small gradients are what is to be "
        "expected.",
        thresholds=("tiny_gradient", "converged_loss"),
        sick="tiny gelu",
        healthy="gelu",
        silent="Glorot's initialization.",
        draw=drawings.draw_kernel_gradients,
        caption="Root mean square of each kernel's gradient, from the first layer to the last; dashed: the threshold.",
    ),
    Section(
        rule="vanishing_gradient",
        sees="A gradient that shrinks steadily from layer to layer towards the input. It compares the first layer's "
        "with the last one's, and fits the factor per layer.",
        severity="Error where the ratio stays below `vanishing_ratio`; a warning below `vanishing_warning`, or where "
        "the gradient recovers or reaches the input along skip connections.",
        thresholds=("vanishing_ratio", "vanishing_warning", "vanishing_factor"),
        sick="sigmoids x12",
        healthy="sigmoids normalized",
        silent="Eight layers of sigmoids; BatchNormalization before each keeps them where they are steep.",
        draw=drawings.draw_gradients,
        caption="Root mean square of each layer's gradient over the depth, the input at the left, on one log scale.",
    ),
    Section(
        rule="zero_gradient",
        sees="Layers whose gradient is exactly 0 in every value. Dead units, an output that is constant, or an "
        "operation without a derivative cut them off.",
        severity="Error where the first layer or all layers have none, else a warning; silent where a later weight "
        "that starts at 0 explains it, and in a training that is done (`converged_loss`).",
        thresholds=("converged_loss",),
        sick="dead convolution",
        healthy="cnn",
        silent="Biases that start at 0.",
        draw=drawings.draw_layer_gradients,
        caption="The norm of each layer's gradient before the first step. Left, nothing comes through the dead units.",
    ),
    Section(
        rule="constant_prediction",
        sees="The same answer to every example: the predictions differ less over the examples than rounding would "
        "explain. The input does not reach the output.",
        severity="Error below `constant_prediction`, warning below `constant_warning`; silent before the training "
        "where the output layer starts at 0.",
        thresholds=("constant_prediction", "constant_warning"),
        sick="sigmoids x12",
        healthy="two sigmoids",
        silent="Two layers of sigmoids, on the same data.",
        draw=drawings.draw_reach,
        caption="Labels and first predictions, from the smallest to the largest. Left, all predictions are one point.",
    ),
]
