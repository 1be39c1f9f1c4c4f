"""Sections about rules on attention and adapters."""

from rule_pages import drawings
from rule_pages.section import Section

ATTENTION = [
    Section(
        rule="attention_collapsed",
        sick="attention of large weights",
        healthy="attention",
        silent="Glorot's initialization.",
        draw=drawings.draw_heads,
        caption="Entropy of each head's weights, relative to that of equal weights.",
    ),
    Section(
        rule="padding_attended",
        sick="attention to padding",
        healthy="attention, padding masked",
        silent="The same program with `mask_zero=True`.",
        draw=drawings.draw_padding_weight,
        caption="The part of each head's attention that goes to padding.",
    ),
    Section(
        rule="dead_adapter",
        sick="both kernels of the adapters are 0",
        healthy="adapters",
        silent="The first kernel starts at random: the second, which starts at 0, gets a gradient.",
        draw=drawings.draw_layer_gradients,
        caption="The norm of each layer's gradient before the first step, its bias included.",
    ),
]
