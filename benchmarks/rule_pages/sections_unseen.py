"""Sections about rules on layers that are not trained, and on what could not be judged."""

from rule_pages import drawings
from rule_pages.section import Section

UNSEEN = [
    Section(
        rule="disconnected_layer",
        sees="Trainable layers that never get a gradient, since the loss does not depend on them. That is no vanishing "
        "gradient: there is no path.",
        severity="Warning.",
        sick="disconnected layer",
        healthy="two outputs",
        silent="Two branches, and the loss depends on both.",
        draw=drawings.draw_layer_gradients,
        caption="The norm of each layer's gradient before the first step. Left, nothing depends on `side`.",
    ),
    Section(
        rule="frozen_layers",
        sees="Layers of which no weight is trained. That is what transfer learning does, so it is worth knowing and no "
        "fault.",
        severity="For information.",
        sick="frozen hidden layers",
        healthy="small adam",
        silent="All layers are trained.",
        draw=drawings.draw_trained,
        caption="The values of each kernel: blue ones are trained, hatched ones are frozen.",
        is_shared=False,
    ),
    Section(
        rule="changed_trainable",
        sees="Weights that were frozen or thawed after the optimizer was built, without a new `compile`. TensorFlow "
        "goes on training the old ones, and JAX raises an error; torch does as it is told, and the rule is silent.",
        severity="Warning.",
        sick="frozen, not compiled again",
        healthy="frozen and compiled again",
        silent="The same program with one more `model.compile(...)`.",
        caption="No picture: weights, gradients and steps are the same in both. What differs is the "
        "order of two lines.",
    ),
    Section(
        rule="forgotten_state",
        sees="Stateful recurrent layers on a backend that forgets their states between batches (JAX), or that cannot "
        "train them (an LSTM or GRU on torch). The layer's own `stateful` and the backend decide.",
        severity="Error on torch, where `fit` raises; a warning on JAX.",
        sick="stateful lstm",
        healthy="stateless lstm",
        silent="The same layer with `stateful=False`.",
        caption="No picture: what is forgotten stands in no log. The backend's name and the layer's tell all.",
        backend="jax",
    ),
    Section(
        rule="uncalled_layer",
        sees="Layers of which no call was seen on the batch. Nothing is known of what they put out.",
        severity="For information.",
        sick="layer not called",
        healthy="both layers called",
        silent="The same two layers, both called.",
        caption="No picture: there are no values to draw of a layer that was not called.",
    ),
    Section(
        rule="gradients_not_seen",
        sees="Layers that moved although no gradient of theirs was given to an optimizer of Keras. They are not "
        "judged, and the verdict is `not judged` instead of `healthy`.",
        severity="Warning.",
        sick="weight moved by hand",
        healthy="both layers called",
        silent="All weights are trained by the compiled optimizer.",
        epochs=2,
        draw=drawings.draw_seen_steps,
        caption="Steps at which a gradient of the layer's weights was seen, over two epochs. Left, the first layer "
        "moved without one.",
    ),
    Section(
        rule="not_inspected",
        sees="Parts of a model that an inspection could not look at, with the reason: a model without `call`, for "
        "example, has no predictions to judge. Logs of its training still hold gradients and loss.",
        severity="For information.",
        sick="model without call",
        healthy="autoencoder",
        silent="An autoencoder with a `call`.",
        caption="No picture: what could not be looked at cannot be drawn.",
    ),
    Section(
        rule="loss_not_known",
        sees="A history without a column `loss`, and no log beside it. Which way its losses should go is not known, so "
        "they are only checked for NaN.",
        severity="For information.",
        sick="losses of two outputs, without their sum",
        healthy="two outputs",
        silent="The same history with its column `loss`.",
        epochs=2,
        caption="No picture: the curves are the same; one of them has no name that tells what it is.",
    ),
]
