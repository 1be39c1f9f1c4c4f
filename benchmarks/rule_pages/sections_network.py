"""Sections about rules on weights, units and gradients."""

from rule_pages import drawings
from rule_pages.section import Section

NETWORK = [
    Section(
        rule="symmetric_weights",
        sick="constant everywhere",
        healthy="mlp tanh sgd",
        silent="The same layers with random weights.",
        draw=drawings.draw_spreads,
        caption="How far the units of each hidden layer differ in their weights, relative to the weights' size. Left, "
        "not at all.",
    ),
    Section(
        rule="linear_layers",
        sick="circles, three layers without activation",
        healthy="circles, three layers of relu",
        silent="The same layers with ReLU.",
        caption="No picture: the models differ in one argument, `activation`.",
    ),
    Section(
        rule="examples_mixed",
        sick="steps of all examples in one table, taken apart by steps",
        healthy="steps of all examples in one table, taken apart by examples",
        silent="`ops.reshape(table, (-1, steps, units))` gives each example its own steps again; the other program's "
        "`(steps, -1, units)` takes the first rows of the table for the first steps of all examples.",
        epochs=20,
        draw=drawings.draw_scores,
        caption="The score of the network's answers for the inspected batch, and that of the best simple model, "
        "fitted to other parts of it. Asked is which of two of the six steps is larger.",
    ),
    Section(
        rule="order_ignored",
        sick="steps by attention without positions",
        healthy="steps by attention with positions",
        silent="A layer before the attention adds to each step a bias of its own.",
        epochs=20,
        draw=drawings.draw_scores,
        caption="The score of the network's answers for the inspected batch, and that of the best simple model, "
        "fitted to other parts of it. Asked is which of two of the six steps is larger.",
    ),
    Section(
        rule="hidden_softmax",
        sick="digits, softmax and softmax",
        healthy="mlp relu",
        silent="The only softmax is the last layer.",
        caption="No picture: it is one word of the model.",
    ),
    Section(
        rule="unbounded_recurrence",
        sick="recurrent relu",
        healthy="recurrent tanh",
        silent="The same weights; tanh keeps the state between -1 and 1.",
        draw=drawings.draw_explosion,
        caption="The largest output of each layer on a log scale; dashed: `exploding_activation` times the largest "
        "input.",
    ),
    Section(
        rule="exploding_activation",
        sick="large relu 3.0",
        healthy="deep relu",
        silent="Ten layers of He's initialization keep the scale.",
        draw=drawings.draw_explosion,
        caption="The largest output of each layer on a log scale; dashed: `exploding_activation` times the largest "
        "input.",
    ),
    Section(
        rule="exploding_gradient",
        sick="forty tanh of large weights",
        healthy="deep tanh",
        silent="Glorot's initialization keeps the gradient's size over ten layers.",
        draw=drawings.draw_gradients,
        caption="Root mean square of each layer's gradient over the depth, the input at the left.",
    ),
    Section(
        rule="saturated_units",
        sick="large tanh 3.0",
        healthy="deep tanh",
        silent="Glorot's initialization keeps the sums within the steep part of the curve.",
        draw=drawings.draw_saturated,
        caption="Saturated values of each hidden layer on the inspected batch.",
    ),
    Section(
        rule="dead_relu",
        sick="dead relu -10.0",
        healthy="small adam",
        silent="The same layers with biases that start at 0.",
        draw=drawings.draw_dead,
        caption="Dead units of each hidden layer. Left, biases of -10 leave the second layer at 0.",
    ),
    Section(
        rule="tiny_gradient",
        sick="tiny gelu",
        healthy="gelu",
        silent="Glorot's initialization.",
        draw=drawings.draw_kernel_gradients,
        caption="Root mean square of each kernel's gradient, from the first layer to the last; dashed: the threshold.",
    ),
    Section(
        rule="vanishing_gradient",
        sick="sigmoids x12",
        healthy="sigmoids normalized",
        silent="Eight layers of sigmoids; BatchNormalization before each keeps them where they are steep.",
        draw=drawings.draw_gradients,
        caption="Root mean square of each layer's gradient over the depth, the input at the left, on one log scale.",
    ),
    Section(
        rule="zero_gradient",
        sick="dead convolution",
        healthy="cnn",
        silent="Biases that start at 0.",
        draw=drawings.draw_layer_gradients,
        caption="The norm of each layer's gradient before the first step. Left, nothing comes through the dead units.",
    ),
    Section(
        rule="constant_prediction",
        sick="sigmoids x12",
        healthy="two sigmoids",
        silent="Two layers of sigmoids, on the same data.",
        draw=drawings.draw_reach,
        caption="Labels and first predictions, from the smallest to the largest. Left, all predictions are one point.",
    ),
]
