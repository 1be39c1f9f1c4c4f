"""Rules about layers that are not trained."""

from collections.abc import Iterator

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_nothing_to_train(context: Context) -> Iterator[Finding]:
    """A model of which no weight is trained."""
    if not _has_nothing_to_train(context):
        return
    assert context.inspection is not None
    layers = tuple(dict.fromkeys(context.inspection.weights["layer"]))
    yield Finding(
        "no_trainable_weights",
        "error",
        layers,
        None,
        {"layers": float(len(layers))},
        "No weight of this model is trained: every step leaves it as it is. Set `trainable = True` for the layers that "
        "are to learn, and compile again; what is quantized is trained before that."
        if layers
        else "The model has no weights to train. Add a layer that has some.",
    )


def _has_nothing_to_train(context: Context) -> bool:
    return context.inspection is not None and context.inspection.setup.get("trainable_weights") == 0


def find_frozen(context: Context) -> Iterator[Finding]:
    """Layers that are not trained, which is worth knowing and nothing worse."""
    if context.inspection is None or _has_nothing_to_train(context):
        return
    rows = context.inspection.weights
    frozen = rows[~rows["trainable"]]
    frozen = frozen[~frozen["layer"].isin(rows[rows["trainable"]]["layer"])]
    # What it keeps itself is a vector that is never trained; its layer has a row of its own.
    if "kind" in frozen:
        frozen = frozen[frozen["kind"] != "spectral_normalization"]
    if frozen.empty:
        return
    yield Finding(
        "frozen_layers",
        "info",
        tuple(dict.fromkeys(frozen["layer"])),
        None,
        {"layers": float(frozen["layer"].nunique()), "of": float(rows["layer"].nunique())},
        "These layers have `trainable = False` and do not learn. If that is not meant, set it to True and compile "
        "again.",
    )


def find_frozen_at_zero(context: Context) -> Iterator[Finding]:
    """Layers that are frozen with weights of 0, so that what they are given is lost."""
    if context.inspection is None:
        return
    rows = context.inspection.weights
    largest = rows[~rows["trainable"]].groupby("layer", sort=False)["weight_rms"].max()
    passed_by = context.inspection.setup.get("passed_by", ())
    layers = [str(name) for name, size in largest.items() if size == 0 and name not in passed_by]
    if not layers:
        return
    yield Finding(
        "frozen_at_zero",
        "error" if context.gives_one_answer else "warning",
        tuple(layers),
        None,
        {"layers": float(len(layers)), "values": float(rows[rows["layer"].isin(layers)]["size"].sum())},
        "These layers have `trainable = False`, and their weights are all 0, so that nothing of what they are given "
        "passes. Check how their weights are loaded (a table of word vectors of which no word was found is all 0), "
        "or set `trainable = True` with random initial weights, and compile again.",
    )


def find_frozen_at_random(context: Context) -> Iterator[Finding]:
    """Layers that are frozen as their initializer made them: what they were to know was never loaded or learned."""
    if context.inspection is None or "looks_fresh" not in context.inspection.weights:
        return
    rows = context.inspection.weights
    judged = rows[~rows["trainable"] & rows["looks_fresh"].notna()]
    fresh = judged.groupby("layer", sort=False)["looks_fresh"].min() == 1
    layers = [str(name) for name, is_fresh in fresh.items() if is_fresh]
    if not layers:
        return
    yield Finding(
        "frozen_at_random",
        "warning",
        tuple(layers),
        None,
        {"layers": float(len(layers)), "values": float(judged[judged["layer"].isin(layers)]["size"].sum())},
        "These layers have `trainable = False`, and their weights look as their initializer draws them: nothing has "
        "been learned in them yet. Load their weights before (`weights='imagenet'`, `load_weights`), or set "
        "`trainable = True` and compile again; unless they are meant to stay random, or are trained as a part of "
        "another model.",
    )
