"""Sections about rules on layers that are not trained, and on what could not be judged."""

from rule_pages import drawings
from rule_pages.section import Section

UNSEEN = [
    Section(
        rule="disconnected_layer",
        sick="disconnected layer",
        healthy="two outputs",
        silent="Two branches, and the loss depends on both.",
        draw=drawings.draw_layer_gradients,
        caption="The norm of each layer's gradient before the first step. Left, nothing depends on `side`.",
    ),
    Section(
        rule="frozen_layers",
        sick="frozen hidden layers",
        healthy="small adam",
        silent="All layers are trained.",
        draw=drawings.draw_trained,
        caption="The values of each kernel: blue ones are trained, hatched ones are frozen.",
        is_shared=False,
    ),
    Section(
        rule="frozen_at_random",
        sick="frozen hidden layers",
        healthy="a base that divides by 255",
        silent="The frozen layers have learned before.",
        caption="No picture: weights that are drawn and weights that were learned look alike to the eye.",
    ),
    Section(
        rule="frozen_at_zero",
        sick="frozen hidden layer of zeros",
        healthy="a base that divides by 255",
        silent="The frozen layers have learned before.",
        caption="No picture: one layer's weights are all 0.",
    ),
    Section(
        rule="untracked_layers",
        sick="digits by two layers of eight relus in a lambda",
        healthy="digits by two layers of eight relus",
        silent="The same two layers, called as layers of the model.",
        caption="No picture: the layers in the `Lambda` are in no log, as the model does not know of them.",
    ),
    Section(
        rule="no_trainable_weights",
        sick="discriminator frozen before it is compiled",
        healthy="discriminator compiled before it is frozen",
        silent="Its weights are trained.",
        caption="No picture: there is no step.",
    ),
    Section(
        rule="changed_trainable",
        sick="frozen, not compiled again",
        healthy="frozen and compiled again",
        silent="The same program with one more `model.compile(...)`.",
        caption="No picture: weights, gradients and steps are the same in both. What differs is the "
        "order of two lines.",
    ),
    Section(
        rule="forgotten_state",
        sick="stateful lstm",
        healthy="stateless lstm",
        silent="The same layer with `stateful=False`.",
        caption="No picture: what is forgotten stands in no log. The backend's name and the layer's tell all.",
        backend="jax",
    ),
    Section(
        rule="uncalled_layer",
        sick="layer not called",
        healthy="both layers called",
        silent="The same two layers, both called.",
        caption="No picture: there are no values to draw of a layer that was not called.",
    ),
    Section(
        rule="gradients_not_seen",
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
        sick="model without call",
        healthy="autoencoder",
        silent="An autoencoder with a `call`.",
        caption="No picture: what could not be looked at cannot be drawn.",
    ),
    Section(
        rule="loss_not_known",
        sick="losses of two outputs, without their sum",
        healthy="two outputs",
        silent="The same history with its column `loss`.",
        epochs=2,
        caption="No picture: the curves are the same; one of them has no name that tells what it is.",
    ),
]
