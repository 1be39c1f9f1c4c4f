"""Language and vision models of keras-hub, made from small configurations with random weights."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from labelled_programs import Trainee
from real_architectures.architecture import Architecture
from real_architectures.data import make_images, make_next_tokens, make_text

VOCABULARY = 40
LENGTH = 8
WIDTH = 256
"""Units of BERT and GPT-2: their initial weights, of standard deviation 0.02, are meant for wide layers. With 16 units
each layer shrinks its inputs to a tenth, and the gradients do vanish in the attention, as `diagnose` says."""

SIZES = {
    "vocabulary_size": VOCABULARY,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": WIDTH,
    "intermediate_dim": 2 * WIDTH,
    "max_sequence_length": LENGTH,
}

NEXT_TOKEN = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def make_bert(is_frozen: bool = False, rank: int | None = None) -> Trainee:
    """Makes a BERT that classifies texts.

    Args:
        is_frozen: Whether the backbone is frozen.
        rank: That of LoRA's matrices in the backbone, None for none.
    """
    import keras_hub

    backbone = keras_hub.models.BertBackbone(**SIZES)
    if rank is not None:
        backbone.enable_lora(rank)
    backbone.trainable = not is_frozen
    model = keras_hub.models.BertTextClassifier(backbone, num_classes=2, preprocessor=None)
    x, y = make_text(LENGTH, VOCABULARY)
    x["segment_ids"] = 0 * x["token_ids"]
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return Trainee(model, x, y)


def make_gpt2(rank: int | None = None) -> Trainee:
    """Makes a GPT-2 that learns the next token, with tied embeddings; with a rank, LoRA's matrices alone."""
    import keras_hub

    backbone = keras_hub.models.GPT2Backbone(**SIZES)
    if rank is not None:
        backbone.enable_lora(rank)
    return _train_on_next_token(keras_hub.models.GPT2CausalLM(backbone, preprocessor=None))


def make_llama() -> Trainee:
    """Makes a Llama with grouped queries that learns the next token."""
    import keras_hub

    backbone = keras_hub.models.LlamaBackbone(
        vocabulary_size=VOCABULARY,
        num_layers=2,
        num_query_heads=4,
        num_key_value_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
    )
    return _train_on_next_token(keras_hub.models.LlamaCausalLM(backbone, preprocessor=None))


def make_t5() -> Trainee:
    """Makes a T5, an encoder and a decoder with the same table of embeddings, and a head that learns the next token."""
    import keras_hub

    backbone = keras_hub.models.T5Backbone(
        vocabulary_size=VOCABULARY, num_layers=2, num_heads=2, hidden_dim=16, intermediate_dim=32
    )
    states = backbone.output["decoder_sequence_output"]
    model = keras.Model(backbone.input, layers.Dense(VOCABULARY, name="next_token")(states))
    x, y = make_next_tokens(LENGTH, VOCABULARY)
    sides = {f"{side}_{name}": array for side in ("encoder", "decoder") for name, array in x.items()}
    model.compile("adam", NEXT_TOKEN)
    return Trainee(model, sides, y)


def make_vit() -> Trainee:
    """Makes a vision transformer that classifies images."""
    import keras_hub

    backbone = keras_hub.models.ViTBackbone(
        image_shape=(16, 16, 3), patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32
    )
    model = keras_hub.models.ViTImageClassifier(backbone, num_classes=10, preprocessor=None)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return Trainee(model, *make_images(side=16))


def _train_on_next_token(model: Any) -> Trainee:
    model.compile("adam", NEXT_TOKEN)
    return Trainee(model, *make_next_tokens(LENGTH, VOCABULARY))


def _list(makers: dict[str, Callable[[], Trainee]]) -> list[Architecture]:
    return [Architecture(name=name, make=make, needs_hub=True) for name, make in makers.items()]


HUB = _list(
    {
        "BERT": make_bert,
        "BERT, frozen": lambda: make_bert(is_frozen=True),
        "BERT, LoRA": lambda: make_bert(rank=4),
        "GPT-2": make_gpt2,
        "GPT-2, LoRA": lambda: make_gpt2(rank=4),
        "Llama": make_llama,
        "T5": make_t5,
        "ViT": make_vit,
    }
)
