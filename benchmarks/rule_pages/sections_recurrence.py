"""Sections about rules on gradients over time steps."""

from rule_pages import drawings
from rule_pages.section import Section

RECURRENCE = [
    Section(
        rule="vanishing_in_time",
        sees="A recurrent layer whose gradient with respect to most time steps of its input is next to nothing beside "
        "that of the steps that it reads last. Its weights' gradients, sums over all steps, look well all the same. "
        "Where the answer lies no gradient tells: if it lies in the last steps, the layer learns it.",
        severity="Error where all that most examples have within reach is padding (`padding_out_of_reach`): there the "
        "answer cannot lie. Else a warning, where `lost_steps` of the steps or more are out of reach; silent once the "
        "loss is low (`converged_loss`).",
        thresholds=("vanishing_time", "lost_steps", "padding_out_of_reach", "converged_loss"),
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
        sees="A recurrent layer whose gradient grows with every step back in time, by orders of magnitude. The first "
        "steps decide alone what it learns.",
        severity="Warning: tanh and clipping may keep it in check.",
        thresholds=("exploding_ratio",),
        sick="recurrent weights times 1.2",
        healthy="orthogonal recurrent weights",
        silent="An orthogonal matrix neither stretches nor shrinks what passes through it.",
        draw=drawings.draw_time,
        caption="Gradient with respect to each time step of what the layer is given, on a log scale.",
    ),
]
