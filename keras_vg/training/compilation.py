"""Whether a fit can be watched: what the model was compiled for must be what it trains, and within reach."""

import keras

from keras_vg.training import keras_private


def find_obstacle(model: keras.Model) -> str:
    """Says why nothing of a fit can be seen, and what to do; empty if there is no reason.

    Args:
        model: A built model, inside a fit.
    """
    if changed := list_changed_weights(model):
        names = ", ".join(changed[:4]) + (", ..." if len(changed) > 4 else "")
        return (
            f"the optimizer of model {model.name!r} was built for other weights than those that are trainable now "
            f"({names}), and the model was not compiled since. On TensorFlow Keras goes on training "
            "the old ones, on JAX it raises. Call `compile` again whenever `trainable` has changed."
        )
    return ""


def list_changed_weights(model: keras.Model) -> list[str]:
    """Lists the weights that were frozen or thawed after the compiled optimizer had been built, by their paths.

    Keras's own compiled step goes on with those that were trainable when it was traced. A step of the model's own may
    have optimizers for some of the weights; torch reads `trainable` at each step.

    Args:
        model: A model.
    """
    compiled = getattr(model, "optimizer", None)
    optimizer = getattr(compiled, "inner_optimizer", compiled)  # of a `LossScaleOptimizer`
    if (
        keras.backend.backend() == "torch"
        or has_own_step(model)
        or not isinstance(optimizer, keras.optimizers.Optimizer)
        or hasattr(optimizer, "optimizers")  # a `MultiOptimizer` gives each of its own some of the weights
        or not optimizer.built
    ):
        return []
    built = {id(variable): variable for variable in keras_private.list_optimizer_weights(optimizer)}
    trained = {id(variable): variable for variable in model.trainable_variables}
    return [variable.path for key, variable in {**built, **trained}.items() if (key in built) != (key in trained)]


def has_own_step(model: keras.Model) -> bool:
    """Whether the model has a `train_step` of its own, which need not use a compiled loss."""
    return type(model).train_step is not keras.Model.train_step
