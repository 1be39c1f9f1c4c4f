"""Sections about rules on the residual stream."""

from rule_pages import drawings
from rule_pages.section import Section

RESIDUAL = [
    Section(
        rule="residual_growth",
        sick="20 blocks without normalization",
        healthy="20 normalized blocks",
        silent="`LayerNormalization` before each block: the stream grows like the square root of depth.",
        draw=drawings.draw_stream,
        caption="Size of the stream before each addition (blue), and of what is added (red).",
    ),
    Section(
        rule="residual_imbalance",
        sick="decoder of embeddings times 100,000",
        healthy="decoder whose blocks begin near 0",
        silent="What the blocks add is small there, too, but so is the stream.",
        draw=drawings.draw_stream,
        caption="Size of the stream before each addition (blue), and of what is added (red).",
    ),
]
