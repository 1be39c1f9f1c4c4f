"""Sections about rules on attention and adapters."""

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
    Section(
        rule="dead_adapter",
        sees="Layers with LoRA of whose two kernels neither gets a gradient. The kernels are multiplied; one starts at "
        "0, and if the other does so too, both stay there.",
        severity="Error where that is so of all adapters, else a warning; silent once the loss is low "
        "(`converged_loss`).",
        thresholds=("converged_loss",),
        sick="both kernels of the adapters are 0",
        healthy="adapters",
        silent="The first kernel starts at random: the second, which starts at 0, gets a gradient.",
        draw=drawings.draw_layer_gradients,
        caption="The norm of each layer's gradient before the first step, its bias included.",
    ),
]
