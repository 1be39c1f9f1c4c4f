"""Sections about rules on attention."""

from rule_pages import drawings
from rule_pages.section import Section

ATTENTION = [
    Section(
        rule="attention_collapsed",
        sees="Attention layers whose heads all look at one key for each query, since their logits are so large that "
        "softmax is flat. Queries and keys get next to no gradient.",
        severity="Warning: the rest of the model learns, more slowly. Silent where heads have learned to look at one "
        "key: their logits are smaller.",
        thresholds=("attention_entropy", "attention_logit"),
        sick="attention of large weights",
        healthy="attention",
        silent="Glorot's initialization.",
        draw=drawings.draw_heads,
        caption="Entropy of each head's weights, relative to that of equal weights.",
    ),
    Section(
        rule="padding_attended",
        sees="Attention to zeros at the end of the sequences, which no mask leaves out. What an example gives then "
        "depends on how far it was padded.",
        severity="Warning: a model may learn to leave them out.",
        thresholds=("padding_weight",),
        sick="attention to padding",
        healthy="attention, padding masked",
        silent="The same program with `mask_zero=True`.",
        draw=drawings.draw_padding_weight,
        caption="The part of each head's attention that goes to padding.",
    ),
]
