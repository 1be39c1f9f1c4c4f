"""What the rules about attention and adapters see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

ATTENTION: dict[str, Meaning] = {
    "attention_collapsed": Meaning(
        sees=(
            "Attention layers whose heads all look at one key for each query, since their logits are so large "
            "that softmax is flat. Queries and keys get next to no gradient."
        ),
        severity=(
            "Warning: the rest of the model learns, more slowly. Silent where heads have learned to look at one "
            "key: their logits are smaller."
        ),
        thresholds=(
            "attention_entropy",
            "attention_logit",
        ),
    ),
    "padding_attended": Meaning(
        sees=(
            "Attention to zeros at the end of the sequences, which no mask leaves out. What an example gives then"
            " depends on how far it was padded."
        ),
        severity="Warning: a model may learn to leave them out.",
        thresholds=("padding_weight",),
    ),
    "dead_adapter": Meaning(
        sees=(
            "Layers with LoRA of whose two kernels neither gets a gradient. The kernels are multiplied; one "
            "starts at 0, and if the other does so too, both stay there."
        ),
        severity=(
            "Error where that is so of all adapters, else a warning; silent once the loss is low (`converged_loss`)."
        ),
        thresholds=("converged_loss",),
    ),
}
