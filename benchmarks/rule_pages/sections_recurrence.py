"""Sections about rules on gradients over time steps."""

from rule_pages import drawings
from rule_pages.section import Section

RECURRENCE = [
    Section(
        rule="vanishing_in_time",
        sick="padding read last",
        healthy="padding masked",
        silent="The same program with `mask_zero=True`: masked steps are none, and of the thirty that are left all are "
        "within reach. [A story about it](gallery/recurrent_time.md).",
        draw=drawings.draw_time,
        caption="Gradient with respect to each time step of what the LSTM is given, on a log scale; dotted: what "
        "mean-field theory expects of its weights for inputs that vary, in grey the steps below `vanishing_time`.",
    ),
    Section(
        rule="exploding_in_time",
        sick="recurrent weights times 1.2",
        healthy="orthogonal recurrent weights",
        silent="An orthogonal matrix neither stretches nor shrinks what passes through it.",
        draw=drawings.draw_time,
        caption="Gradient with respect to each time step of what the layer is given, on a log scale.",
    ),
]
