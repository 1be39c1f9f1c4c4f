"""Which remedies each rule calls for, by their names; knows no Keras, so that `keras-vg explain` may say it."""

NO_REMEDY = {
    "nonfinite_data": "NaN or infinity in the data has no remedy in the model: correct or leave out these examples.",
    "constant_labels": "All labels are the same: there is nothing to learn. Check how they are made.",
    "frozen_layers": "Layers are frozen on purpose more often than not: set `trainable = True` if it is not meant.",
    "untracked_layers": "Which layer or model is to hold it as an attribute, a trial cannot decide: see the advice.",
    "changed_trainable": "Every trial is compiled anew, so this is gone in all of them: call `compile` again.",
    "unbuilt_optimizer": "Every trial builds the optimizer before its first step, so this is gone in all of them: call "
    "`model.optimizer.build(model.trainable_variables)` before `fit`.",
    "discarded_weights": "Ftrl starts from 0 by design: give it a linear model, or the model another optimizer.",
    "coasting_weights": "Lion goes on by its momentum where a gradient is 0: find out why it is 0.",
    "schedule_by_batches": "Whether a schedule's steps were meant as batches or as updates, only its author knows.",
    "rank_under_muon": "Muon goes by rank alone, and learns all the same.",
    "decay_without_gradient": "The loss does not depend on these weights: leave them out, or do not decay them.",
    "constant_input": "Inputs that are all the same, or one id each, leave nothing to learn from. Check how they are "
    "loaded.",
    "constant_feature": "A feature with one value is a bias: it does no harm.",
    "dead_adapter": "Trials begin with new weights, and adapters of their own: see the advice.",
    "attention_collapsed": "Trials of whole models change no attention layer: see the advice.",
    "residual_imbalance": "Trials of whole models change no weights between a stream and its blocks: see the advice.",
    "examples_mixed": "Which axis an operation was meant for, or which shape, only the model's author knows: see the "
    "advice.",
    "positions_alike": "What tells the positions apart (a recurrent layer, a unit for each) only the model's author "
    "can put in.",
    "padding_attended": "Whether zeros at the end are padding, only the data's author knows.",
    "metric_mismatch": "A metric is shown and does not change what is learned: see the advice.",
    "monitor_mode": "What watches a training, a callback, is not part of a trial: see the advice.",
    "ended_early": "What ends a training, a callback, is not part of a trial.",
    "learning_stops": "What sets the learning rate, a schedule or a callback, is not part of a trial.",
    "validation_not_learned": "Which rows are set aside, and how they are prepared, is not part of a trial: see the "
    "advice.",
    "validation_loss_rises": "The training and the validation data differ, or the model learns examples by heart: more "
    "data, a smaller model, or the weights of an earlier epoch.",
    "exhausted_data": "The data ended too soon: pass more of it, or fewer steps.",
    "uncalled_layer": "The model did not call these layers: nothing is known of them.",
    "gradients_not_seen": "The gradients of these layers were not seen, so they are not judged.",
    "loss_not_known": "The history has no `loss`, so its course is not judged.",
    "not_inspected": "Parts of the model could not be inspected, and are not judged.",
}
"""Why some findings have no remedy."""

_INPUTS = ("Normalization of the inputs", "Normalization adapted anew", "inputs divided by 255")
_HEADS = ("the head that the labels ask for", "logits instead of probabilities")
_RATES_DOWN = ("standard learning rate", "learning rate / 10", "learning rate / 100", "learning rate by a range test")
_RATES_UP = ("standard learning rate", "learning rate * 10", "learning rate * 100", "learning rate by a range test")
_WEIGHTS = ("initializers that fit",)
_NORMALIZATIONS = ("BatchNormalization between layers", "LayerNormalization between layers")
_STEADY = ("moving averages that follow sooner", "LayerNormalization instead of BatchNormalization")
_ACTIVATIONS = (
    "ReLU in hidden layers",
    "SELU in hidden layers",
    "leaky ReLU in hidden layers",
    "tanh in hidden layers",
)
_BEND = "ReLU where no activation is"
_WIDER = "more units in narrow layers"
_FLAT = "Flatten instead of pooling over pixels"
_SHORTER = ("skip connections", "fewer layers")
_RECURRENT = ("GRU instead of SimpleRNN", "LSTM instead of SimpleRNN", "orthogonal recurrent weights")
_WEIGHINGS = ("weights of one on average", "examples counted alike", "outputs counted alike")
"""They suit few models, so they are tried before what suits nearly all."""
_NO_PENALTY = ("no penalty on weights", "no constraint on weights")
_NO_ACTIVITY_PENALTY = "no penalty on activities"
_KEPT = "dropout of what was to be kept"
_PRECISION = ("float32 in the last layer", "float32 everywhere")

FOR_RULE: dict[str, tuple[str, ...]] = {
    # data and labels
    "nonfinite": (
        "float32 where outputs are penalized",
        "inputs scaled in float32",
        *_WEIGHINGS,
        "tanh in recurrent layers",
        "sigmoid in the gates",
        *_HEADS,
        *_INPUTS,
        "labels standardized in the model",
        *_WEIGHTS,
        "clipnorm=1",
        *_RATES_DOWN,
        *_PRECISION,
        *_NORMALIZATIONS,
    ),
    "label_range": (
        "classes renumbered from 0",
        "the head that the labels ask for",
        "labels standardized in the model",
    ),
    "loss_function": ("the head that the labels ask for",),
    "label_shape": ("labels in the shape of the predictions",),
    "endless_fall": ("classes renumbered from 0", "the head that the labels ask for"),
    "embedding_range": ("a row for every id",),
    "forgotten_state": ("no state from batch to batch",),
    # head
    "output_layer": (*_HEADS, "a weight and a bias before the sigmoid"),
    "dead_outputs": ("labels standardized in the model", _HEADS[0], *_WEIGHTS),
    "dropout_of_outputs": ("no dropout of predictions",),
    "saturated_output": (_HEADS[1], *_INPUTS, *_WEIGHTS, *_NORMALIZATIONS, *_RATES_DOWN),
    # scale
    "rounded_input": ("inputs scaled in float32", _INPUTS[0], _PRECISION[1]),
    "input_scale": _INPUTS,
    "feature_scale": _INPUTS,
    "input_offset": ("inputs times 255", *_INPUTS[:2]),
    "input_too_small": ("inputs divided by 255 once", "inputs times 255", *_INPUTS[:2], "learning rate * 100"),
    "dropout_rate": (_KEPT,),
    "label_scale": ("labels standardized in the model", "Adam", "clipnorm=1", *_RATES_DOWN, "learning rate * 100"),
    # rate
    "no_trainable_weights": ("frozen layers trained",),
    "no_update": ("no gradient accumulation", "float32 everywhere", *_RATES_UP, "Adam"),
    "learning_rate_too_high": (
        *_WEIGHINGS,
        "float32 everywhere",
        *_RATES_DOWN,
        "clipnorm=1",
        "Adam",
        *_WEIGHTS,
        *_NORMALIZATIONS,
    ),
    "shrunk_weights": _NO_PENALTY,
    "update_too_large": (*_WEIGHINGS, "float32 everywhere", *_RATES_DOWN, "clipnorm=1", *_WEIGHTS, "Adam"),
    "learning_rate_too_low": (*_WEIGHINGS, *_RATES_UP, "Adam", *_WEIGHTS, *_ACTIVATIONS),
    "update_too_small": (*_WEIGHINGS, *_RATES_UP, "Adam", *_WEIGHTS),
    "no_loss_scaling": ("loss scaling", *_PRECISION[::-1]),
    "skipped_steps": (*_PRECISION, *_INPUTS, "labels standardized in the model", *_WEIGHTS),
    "few_steps": ("smaller batches, of 32", *_RATES_UP, "Adam"),
    # initialization
    "symmetric_weights": _WEIGHTS,
    "frozen_at_zero": ("frozen layers trained",),
    "frozen_at_random": ("frozen layers trained",),
    "unbounded_recurrence": ("tanh in recurrent layers", "sigmoid in the gates", *_RECURRENT[:2]),
    "residual_growth": (*_NORMALIZATIONS, "fewer layers"),
    "exploding_activation": (*_WEIGHTS, *_NORMALIZATIONS, *_INPUTS, "fewer layers"),
    "exploding_gradient": (*_WEIGHINGS, *_WEIGHTS, *_NORMALIZATIONS, "clipnorm=1", "fewer layers", *_RECURRENT),
    "saturated_units": (*_WEIGHTS, *_INPUTS, *_NORMALIZATIONS, *_ACTIVATIONS, *_RECURRENT, *_RATES_DOWN),
    "dead_relu": (
        *_WEIGHINGS,
        *_WEIGHTS,
        "leaky ReLU in hidden layers",
        "SELU in hidden layers",
        *_RATES_DOWN,
        *_NORMALIZATIONS,
        *_INPUTS,
    ),
    "tiny_gradient": (*_WEIGHINGS, *_WEIGHTS, *_NORMALIZATIONS, *_ACTIVATIONS, *_SHORTER, *_RATES_UP),
    # depth
    "order_ignored": (
        "a bias for each step before attention",
        "an LSTM instead of pooling over steps",
        _FLAT,
    ),
    "linear_layers": (_BEND,),
    "hidden_softmax": ("ReLU instead of softmax between layers",),
    "vanishing_gradient": (*_ACTIVATIONS[:2], *_NORMALIZATIONS, *_WEIGHTS, *_SHORTER, *_ACTIVATIONS[2:], *_RECURRENT),
    "vanishing_in_time": (
        "the last output kept where steps are masked",
        "padding masked",
        _RECURRENT[1],
        "recurrent layers read from both sides",
        _RECURRENT[2],
        _RECURRENT[0],
    ),
    "exploding_in_time": (
        _RECURRENT[2],
        "tanh in recurrent layers",
        "sigmoid in the gates",
        "clipnorm=1",
        *_RECURRENT[:2],
    ),
    "disconnected_layer": (_HEADS[0], _ACTIVATIONS[0]),
    "zero_gradient": (
        "softmax over the steps",
        "batches of 32",
        *_WEIGHINGS,
        "no normalization of single values",
        *_HEADS,
        *_WEIGHTS,
        *_ACTIVATIONS,
        *_NORMALIZATIONS,
        *_RATES_DOWN,
    ),
    "inference_differs": ("weights instead of their averages", "batches of 32", *_STEADY),
    "probe_not_learned": _WEIGHINGS,
    "constant_prediction": (
        "no constraint on weights",
        _BEND,
        "no normalization of single values",
        *_HEADS,
        *_WEIGHTS,
        *_ACTIVATIONS,
        *_NORMALIZATIONS,
        *_SHORTER,
        *_RATES_DOWN,
    ),
    "loss_does_not_fall": (
        _BEND,
        *_WEIGHINGS,
        *_RATES_UP[:3],
        *_INPUTS,
        *_WEIGHTS,
        *_ACTIVATIONS[:2],
        *_NORMALIZATIONS,
        "Adam",
        *_RATES_DOWN[1:],
        "SGD with momentum",
        *_HEADS,
        _WIDER,
    ),
    "no_better_than_constant": (
        _BEND,
        *_WEIGHINGS,
        *_NO_PENALTY,
        _NO_ACTIVITY_PENALTY,
        _KEPT,
        _WIDER,
        _FLAT,
        *_INPUTS,
        *_HEADS,
        *_RATES_DOWN,
        *_RATES_UP[1:3],
        *_WEIGHTS,
        *_ACTIVATIONS[:2],
        *_NORMALIZATIONS,
        "Adam",
    ),
    "worse_than_simple_model": (
        _BEND,
        *_WEIGHINGS,
        *_NO_PENALTY,
        _NO_ACTIVITY_PENALTY,
        _KEPT,
        _WIDER,
        _FLAT,
        "a weight and a bias before the sigmoid",
        "labels standardized in the model",
        "Adam",
        *_RATES_UP,
        *_INPUTS,
        *_NORMALIZATIONS,
        *_ACTIVATIONS[:2],
        *_WEIGHTS,
        *_RATES_DOWN[1:],
        *_HEADS,
    ),
    "predictions_hardly_vary": (
        _BEND,
        *_WEIGHINGS,
        *_RATES_UP,
        *_INPUTS,
        "labels standardized in the model",
        "Adam",
        *_WEIGHTS,
        _WIDER,
        _FLAT,
    ),
}
"""The remedies that each rule calls for, in the order of trial: first those of few models, then the likeliest."""
