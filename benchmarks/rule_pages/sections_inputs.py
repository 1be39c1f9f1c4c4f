"""Sections about rules on inputs that vary too little."""

from rule_pages import drawings
from rule_pages.section import Section

INPUTS = [
    Section(
        rule="input_too_small",
        sick="inputs of 1e-4",
        healthy="inputs of 0.1",
        silent="The same data, a thousand times as large: it is learned more slowly than at unit scale, and well.",
        draw=drawings.draw_spread,
        caption="The largest standard deviation of a feature, on a log scale.",
    ),
    Section(
        rule="input_offset",
        sick="measures beside a temperature",
        healthy="measures beside a temperature, standardised",
        silent="The same data; mean 0 and standard deviation 1.",
        caption="No picture: the features' means are 0.1, 0.2 and 37, and the largest deviation is 0.06.",
    ),
    Section(
        rule="rounded_input",
        sick="years that are normalized in bfloat16",
        healthy="years that are normalized in float32",
        silent='The `Normalization` has `dtype="float32"`; the next layer rounds what it puts out, and all years stay '
        "apart.",
        caption="No picture: 4 different numbers are left of 24.",
    ),
    Section(
        rule="dropout_rate",
        sick="convolutions and a dropout of 0.98",
        healthy="convolutions and a dropout of a half",
        silent="Half of the values are kept.",
        draw=drawings.draw_dropout,
        caption="Values of an example that each dropout layer keeps in the mean (blue) and drops (hatched).",
        is_shared=False,
    ),
    Section(
        rule="dropout_of_outputs",
        sick="six states by squared error, halves dropped up to the end",
        healthy="six states by squared error, no dropout at the end",
        silent="The only dropout is in front of hidden layers.",
        caption="No picture: it is the place of one layer.",
    ),
    Section(
        rule="constant_input",
        sick="the same input",
        healthy="inputs of 0.1",
        silent="The features vary.",
        caption="No picture: there is one value.",
    ),
    Section(
        rule="constant_feature",
        sick="one constant feature",
        healthy="inputs of 0.1",
        silent="All features vary.",
        caption="No picture: it is one column of many.",
    ),
]
