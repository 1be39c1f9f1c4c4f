"""Every private name of Keras that the package uses, each with the reason why no public one would do."""

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Literal

import keras
from keras import ops, tree
from keras.src import backend as _backend

from keras_vg.text import is_of_keras, name_function


def call_on_shapes(model: keras.Model, inputs: Any) -> None:
    """Runs a built model on symbolic inputs, which leaves no trace in it.

    On torch this draws random numbers: call it within `backend.preserved_random_state`.

    Private: calling the model on a `keras.KerasTensor` would do it too, but leaves a node in the model's graph.
    `compute_output_spec` is the function with which Keras itself builds models on JAX and torch.
    """
    _backend.compute_output_spec(_in_scope(model), inputs, training=False)


def trace_step(model: keras.Model, spec: Any) -> None:
    """Traces a training step on TensorFlow, without running it; this creates the weights that do not exist yet.

    Args:
        model: A compiled model.
        spec: The `element_spec` of its data.
    """
    import tensorflow as tf

    tf.function(_in_scope(model.train_step)).get_concrete_function(spec)


def _in_scope(function: Callable[..., Any]) -> Callable[..., Any]:
    """Calls a model inside a scope, as `fit` does: alone, TensorFlow takes no name that begins with an underscore."""
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    def call(*args: Any, **kwargs: Any) -> Any:
        with tf.name_scope("keras_vg"):
            return function(*args, **kwargs)

    return call


def is_built(model: keras.Model) -> bool:
    """Whether all layers of the model, other models inside it aside, have their weights.

    Private: the public `layers` does not reach the layers inside composite layers; `_flatten_layers` does.
    """
    layers = model._flatten_layers(include_self=False)
    own = [layer for layer in layers if not isinstance(layer, keras.Model)]
    return all(layer.built for layer in own) and (model.built or bool(own))


def list_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """The model and all layers in it, those inside composite layers too.

    Private: as for `is_built`.
    """
    return list(model._flatten_layers())


def list_sublayers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """The layers that a layer holds itself, in the order in which it came to hold them.

    Private: the public `layers` is one of models alone, and leaves out what a functional model holds beside its graph.
    """
    return layer._flatten_layers(include_self=False, recursive=False)


def list_connections(model: Any) -> list[tuple[Any, Any]]:
    """The pairs of operations of a functional or sequential model of which the second is given what the first puts out.

    None of anything else. Private: the public `operations` says nothing of what they are given.
    """
    graph = model._functional if isinstance(model, keras.Sequential) else model
    levels = getattr(graph, "_nodes_by_depth", {})
    nodes = [node for depth in sorted(levels, reverse=True) for node in levels[depth]]
    return [(tensor._keras_history.operation, node.operation) for node in nodes for tensor in node.input_tensors]


def list_graph_variables(model: Any) -> list[tuple[Any, keras.Variable]]:
    """The variables that operations of a functional model are given beside tensors, each with the operation.

    None of anything else. Private: the public `operations` says nothing of what they are given.
    """
    levels = getattr(model, "_nodes_by_depth", {})
    nodes = [node for depth in sorted(levels, reverse=True) for node in levels[depth]]
    given = ((node.operation, tree.flatten((node.arguments.args, node.arguments.kwargs))) for node in nodes)
    return [(operation, value) for operation, values in given for value in values if isinstance(value, keras.Variable)]


def list_ends(model: Any) -> tuple[list[Any], list[Any]]:
    """The operations of a functional or sequential model that its inputs and its outputs are of.

    Private: which operation made a tensor is told by its `_keras_history` alone.
    """
    given, made = ([t._keras_history.operation for t in tree.flatten(ts)] for ts in (model.inputs, model.outputs))
    return given, made


def get_fit(model: keras.Model) -> Any:
    """An object that tells the current fit from any other: its history."""
    return getattr(model, "history", None)


def get_schedule(optimizer: Any) -> Any:
    """The optimizer's learning rate as it was given: a variable, a schedule or a function.

    Private: of a schedule, the public `learning_rate` tells only the rate of the step that comes next.
    """
    return optimizer._learning_rate


def replaced_rate(optimizer: Any, source: Any) -> AbstractContextManager[None]:
    """Within it, an optimizer has another learning rate.

    Private: the public `learning_rate` assigns a number to the variable, and would not bring a function back.
    """
    return set_attribute(optimizer, "_learning_rate", source)


def list_callbacks(callback: keras.callbacks.Callback) -> list[keras.callbacks.Callback]:
    """The list of callbacks in which a callback is called, from within one of its hooks; empty if it is called alone.

    Private: a callback has no way to ask which others take part in the fit. The `CallbackList` that calls it is the
    `self` of a function further up the stack.
    """
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, keras.callbacks.CallbackList) and callback in owner.callbacks:
            return list(owner.callbacks)
        frame = frame.f_back
    return []


def get_mode(callback: keras.callbacks.Callback) -> Literal["min", "max"] | None:
    """Which values of its metric an `EarlyStopping` or its like takes for better ones; None before its first epoch.

    Private: `mode` may be "auto", and what Keras makes of it stands in `monitor_op`.
    """
    modes: dict[Any, Literal["min", "max"]] = {ops.less: "min", ops.greater: "max"}
    return modes.get(getattr(callback, "monitor_op", None))


def list_built_metrics(model: keras.Model) -> dict[str, keras.metrics.Metric]:
    """The metrics that a model was compiled with, by their names in the logs; none before its first step.

    Private: `model.metrics` does not tell which output a metric is of, which its name in the logs begins with.
    """
    compiled = getattr(model, "_compile_metrics", None)
    if compiled is None or not compiled.built:
        return {}
    found: dict[str, keras.metrics.Metric] = {}
    for part in filter(None, [*compiled._flat_metrics, *compiled._flat_weighted_metrics]):
        prefix = f"{part.output_name}_" if part.output_name else ""
        found |= {prefix + metric.name: metric for metric in part.metrics}
    return found


def get_direction(metric: keras.metrics.Metric) -> str | None:
    """Whether a metric is better `"up"` or `"down"`; None if it does not say.

    Private: Keras's callbacks read the same attribute for `mode="auto"`.
    """
    return getattr(metric, "_direction", None)


def get_batch_counter(optimizer: keras.optimizers.Optimizer) -> keras.Variable:
    """The variable that counts the batches that the optimizer was given, at which a schedule is evaluated.

    Private: under gradient accumulation the public `iterations` counts the updates.
    """
    return optimizer._iterations


def choose_optimizer(optimizer: keras.optimizers.Optimizer, variable: keras.Variable) -> keras.optimizers.Optimizer:
    """The optimizer that a `MultiOptimizer` has for a weight.

    Private: it has no public way to ask, and its list `optimizers` does not say which is for which weight.
    """
    return optimizer._optimizer_map(variable)


def orthogonalizes(optimizer: keras.optimizers.Optimizer, variable: keras.Variable) -> bool | None:
    """Whether a Muon optimizer orthogonalizes a weight's update, rather than leave it to Adam; None of any other.

    Private: Muon decides by the weight's rank and path, and says so only once it is built, by what it keeps of it.
    """
    if type(optimizer).__name__ != "Muon" or not hasattr(optimizer, "_should_use_adamw"):
        return None
    return not optimizer._should_use_adamw(variable)


def copy_variable(variable: keras.Variable) -> keras.Variable:
    """A variable of the same value and path.

    Private: the public `path` comes from the name scopes around the constructor, whose names may not hold slashes; a
    `MultiOptimizer` chooses by it.
    """
    value = keras.ops.copy(variable.value)
    copy = keras.Variable(value, trainable=True, dtype=variable.dtype, name=variable.name)
    copy._path = variable.path
    copy.overwrite_with_gradient = variable.overwrite_with_gradient
    return copy


def list_optimizer_weights(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """The weights that the optimizer was built for, in the order of the gradients it is given.

    Private: `apply` and `stateless_apply` may be called without the weights, and then mean these.
    """
    return optimizer._trainable_variables


class set_attribute(AbstractContextManager[None]):  # noqa: N801  a context manager as quick as can be: training steps use it
    """Gives an object an attribute of its own for a while, past Keras's `__setattr__`, which would track it."""

    def __init__(self, target: Any, name: str, value: Any) -> None:
        self._target, self._name, self._value = target, name, value

    def __enter__(self) -> None:
        self._own = vars(self._target).get(self._name, _ABSENT)
        object.__setattr__(self._target, self._name, self._value)

    def __exit__(self, *_: object) -> None:
        if self._own is _ABSENT:
            object.__delattr__(self._target, self._name)
        else:
            object.__setattr__(self._target, self._name, self._own)


_ABSENT = object()


class _CallWatch:
    """Exchanges `Layer.__call__` for as long as any thread watches the calls of layers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watching: dict[int, Callable[..., Any]] = {}
        self._plain: Any = None
        self._exchanged: Any = None

    @contextmanager
    def watch(self, around: Callable[[keras.layers.Layer, Callable[[], Any]], Any]) -> Iterator[None]:
        thread = threading.get_ident()
        with self._lock:
            before = self._watching.get(thread)
            self._watching[thread] = around
            if len(self._watching) == 1 and before is None:
                self._exchange()
        try:
            yield
        finally:
            with self._lock:
                if before is not None:
                    self._watching[thread] = before
                else:
                    del self._watching[thread]
                if not self._watching and vars(keras.layers.Layer)["__call__"] is self._exchanged:
                    keras.layers.Layer.__call__ = self._plain

    def _exchange(self) -> None:
        plain = self._plain = vars(keras.layers.Layer)["__call__"]
        # A new one: what was left in place, as others had exchanged the call on top, watches no more.
        watching = self._watching = dict(self._watching)

        @functools.wraps(plain)
        def watched(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
            around = watching.get(threading.get_ident())
            if around is None:
                return plain(layer, *args, **kwargs)
            return around(layer, functools.partial(plain, layer, *args, **kwargs))

        self._exchanged = keras.layers.Layer.__call__ = watched


_call_watch = _CallWatch()


def watch_layer_calls(
    around: Callable[[keras.layers.Layer, Callable[[], Any]], Any],
) -> AbstractContextManager[None]:
    """Within it, every call of a layer that this thread makes goes through a function, whichever model it is of.

    Private: `Layer.__call__` has no underscore, but nothing says that all layers are called by the one of the class.
    It is exchanged there, since Python looks for it in the class, and since a layer that no model holds is not known
    before it is called.

    Args:
        around: Is given the layer and what calls it, and returns what that returns.
    """
    return _call_watch.watch(around)


def keep(model: keras.Model, value: Any) -> None:
    """Keeps an object for as long as the model lives, past Keras's `__setattr__`; saving or copying leaves it out."""
    object.__setattr__(model, _KEPT, value)


def get_kept(model: keras.Model) -> Any:
    """What `keep` kept, None if nothing."""
    return vars(model).get(_KEPT)


_KEPT = "_kept_by_keras_vg"


def make_train_function(
    model: keras.Model,
    watch: Callable[[], AbstractContextManager[None]] | None = None,
    states: Sequence[Any] = (),
) -> Callable[..., Any]:
    """Makes a new train function, not traced yet.

    `make_train_function` and `train_function` have no underscore, but are not documented.

    Args:
        model: A compiled model.
        watch: On JAX, what each step runs in: while it is traced only, if it is compiled.
        states: On JAX, arrays that travel behind the optimizer's variables.
    """
    plain = model.train_function
    train_step = model.train_step

    # JAX compiles equal functions once; a new one makes it trace again.
    def fresh_step(*args: Any) -> Any:
        with watch() if watch else nullcontext():
            return train_step(*args)

    try:
        if keras.backend.backend() == "jax":
            with set_attribute(model, "train_step", fresh_step), _extended_sharding(model, states):
                model.make_train_function(force=True)
        else:
            model.make_train_function(force=True)
        return model.train_function
    finally:
        model.train_function = plain


def sync(model: keras.Model) -> None:
    """Brings the variables of a model that JAX trains up to date; the next step starts with what they hold.

    Private: `jax_state_sync` has no underscore, but is not documented. `Callback.model` calls it, too.
    """
    model.jax_state_sync()


def hand_over_state(model: keras.Model, state: Any) -> None:
    """Gives a fit on JAX the state that a step left which raises: the arrays of the state before exist no more.

    Private: `_jax_state` is what the fit brings the variables up to date with, also where it ends by an exception.
    """
    names = ("trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables")
    model._jax_state = dict(zip(names, state, strict=True))
    model._jax_state_synced = False


@contextmanager
def _extended_sharding(model: keras.Model, states: Sequence[Any]) -> Iterator[None]:
    """Tells a distributed JAX model how the further states lie on the devices.

    Private: under a `keras.distribution`, the trainer states the layout of all that a step returns, in a list
    that must be as long as the state; it has no public place to add to it.
    """
    get_spec = model._get_state_sharding_spec

    def get_extended() -> Any:
        trainable, non_trainable, optimizer, metrics = get_spec()
        return trainable, non_trainable, optimizer + [state.sharding for state in states], metrics

    with set_attribute(model, "_get_state_sharding_spec", get_extended):
        yield


def get_trace_state() -> Any:
    """What tells whether a backend is still in the same function that it compiles or differentiates: compare two.

    On TensorFlow and torch it is None where operations are run at once.

    Private: on JAX it is in `jax.extend`, which promises no stability. Where it is gone, all of a step counts as one.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
    if keras.backend.backend() != "jax":
        return None
    import jax.extend.core

    return getattr(jax.extend.core, "get_opaque_trace_state", str)()


def get_strategy(model: keras.Model) -> Any:
    """Private: on TensorFlow only the trainer knows the model's strategy, and `distribute_strategy` has no docs."""
    return model.distribute_strategy if keras.backend.backend() == "tensorflow" else None


def build(model: keras.Model, inputs: Any) -> None:
    """Gives an unbuilt model its weights, as its first training step would.

    On torch this draws random numbers: call it within `backend.preserved_random_state`.
    """
    shapes = keras.tree.map_structure(lambda tensor: keras.KerasTensor(tensor.shape, tensor.dtype), inputs)
    _backend.compute_output_spec(_in_scope(model), shapes, **_make_training_argument(model))


def call_for_training(model: keras.Model, inputs: Any) -> Any:
    """Calls the model as a training step does.

    Private: only `_call_has_training_arg` tells whether a model's `call` takes `training`.
    """
    return model(inputs, **_make_training_argument(model))


def call_for_inference(model: keras.Model, inputs: Any) -> Any:
    """Calls the model as `predict` and `evaluate` do. Private: as `call_for_training`."""
    return model(inputs, **_make_training_argument(model, training=False))


def _make_training_argument(model: keras.Model, training: bool = True) -> dict[str, bool]:
    return {"training": training} if model._call_has_training_arg else {}


@contextmanager
def detached_bookkeeping(model: keras.Model, y: Any, predictions: Any) -> Iterator[Any]:
    """Keeps the compiled loss and metrics out of what is done within; yields a loss to use meanwhile.

    Private: the loss that `compile` makes takes on the structure of the first labels it sees, and for several outputs
    makes metrics of its own; a step must not do that for labels that are only looked at.

    Args:
        model: A compiled model.
        y: Labels; None where they are not known, then the loss must not be called.
        predictions: The model's outputs for the same examples.
    """
    loss = _renew(model._compile_loss)
    if loss is not None and y is not None:
        loss(y, predictions)  # which builds it, whatever the structure of the labels
    elif loss is not None:
        loss.build(predictions, predictions)
    with set_attribute(model, "_compile_loss", loss), set_attribute(model, "compute_metrics", lambda *_, **__: {}):
        yield loss


@contextmanager
def detached_metrics(model: keras.Model) -> Iterator[None]:
    """Keeps compiled metrics, and a compiled loss that was not used yet, out of a step that is only looked at.

    Private: both are built by the first labels and predictions that a step of the model's own shows them.
    """
    loss = model._compile_loss
    loss = loss if loss is None or loss.built else _renew(loss)
    with set_attribute(model, "_compile_loss", loss), set_attribute(model, "_compile_metrics", None):
        yield


def _renew(loss: Any) -> Any:
    """The same compiled loss, not used yet."""
    if loss is None:
        return None
    return type(loss)(loss._user_loss, loss._user_loss_weights, output_names=loss.output_names)


def has_loss(model: keras.Model) -> bool:
    """Whether the model was compiled with a loss.

    Private: `model.loss` has no underscore, but is not documented.
    """
    return model._compile_loss is not None


def compute_loss(model: keras.Model, x: Any, y: Any, predictions: Any, sample_weight: Any) -> Any:
    """The loss that is trained, penalties included.

    Private: `_compute_loss` knows whether a `compute_loss` of the user's own takes `training`.
    """
    return model._compute_loss(x=x, y=y, y_pred=predictions, sample_weight=sample_weight, training=True)


def get_given_metrics(model: keras.Model) -> tuple[Any, Any]:
    """The `metrics` and `weighted_metrics` that `compile` was given.

    Private: `get_compile_config` has them as text alone, and to make metrics of them uses up names.
    """
    compiled = getattr(model, "_compile_metrics", None)
    return (None, None) if compiled is None else (compiled._user_metrics, compiled._user_weighted_metrics)


def get_metric_function(metric: keras.metrics.Metric) -> tuple[Any, dict[str, Any]]:
    """The function whose mean a metric is, or None, and the arguments that it is called with.

    Private: a metric that Keras makes of a function has no other way to tell which.
    """
    return getattr(metric, "_fn", None), getattr(metric, "_fn_kwargs", {})


def takes_logits(metric: keras.metrics.Metric) -> bool | None:
    """Whether a metric takes predictions for logits; None if it does not ask.

    Private: `AUC` keeps what it was given in `_from_logits`, others in `from_logits`.
    """
    return getattr(metric, "from_logits", getattr(metric, "_from_logits", None))


_LOSS_OPTIONS = ("from_logits", "ignore_class", "axis")


def list_losses(compiled_loss: Any, predictions: Any) -> list[tuple[str, bool | None, int | None] | None]:
    """The name of each output's loss, in lower case with underscores, whether it takes logits, the class it leaves out.

    None for an output that has no loss; `"unknown"` is one whose classes are not on the last axis. In the order of
    `keras.tree.flatten(predictions)`, which sorts a dict by its keys; Keras keeps that of the losses. Private: a loss
    given by name or as a function is wrapped, and only `fn` and `_fn_kwargs` tell by what.
    """
    order = {id(tensor): index for index, tensor in enumerate(tree.flatten(predictions))}

    def find_output(item: Any) -> int:
        output = predictions
        for key in item.path:
            output = output[key]
        return order.get(id(output), len(order))

    found: list[Any] = []
    # Of several for an output that is no list, the first alone is what is trained.
    flat, outputs = list(compiled_loss._flat_losses[: None if tree.is_nested(predictions) else 1]), []
    with suppress(KeyError, TypeError, IndexError):  # names of outputs that are a list, whose order it is
        flat.sort(key=find_output)
        outputs = list(map(find_output, flat))
    ranks = [len(tensor.shape) for tensor in tree.flatten(predictions)]
    for index, item in zip(outputs or range(len(flat)), flat, strict=True):
        loss = item.loss
        options = getattr(loss, "_fn_kwargs", {})
        function = loss.fn if type(loss).__name__ == "LossFunctionWrapper" else loss
        from_logits, ignored, axis = (getattr(loss, key, options.get(key)) for key in _LOSS_OPTIONS)
        is_last = (
            not is_of_keras(loss) or not isinstance(axis, int) or index >= len(ranks) or axis in (-1, ranks[index] - 1)
        )
        found.append((name_function(function) if is_last else "unknown", from_logits, ignored))
    if len(set(outputs)) == len(found) < len(order):
        by_output = dict(zip(outputs, found, strict=True))
        return [by_output.get(index) for index in range(len(order))]
    return found


def list_unused_losses(model: keras.Model, predictions: Any) -> list[str]:
    """The names of the losses that a model was compiled with for its only output and that Keras leaves out.

    Private: what `compile` was given is in the loss that it makes.
    """
    given = None if model._compile_loss is None else model._compile_loss._user_loss
    if tree.is_nested(predictions) or not isinstance(given, list | tuple):
        return []
    named = [loss if isinstance(loss, str) else getattr(loss, "name", name_function(loss)) for loss in given[1:]]
    return list(map(str, named))


def get_loss_arguments(model: keras.Model) -> dict[str, Any]:
    """What `compile` was given as losses and as their weights.

    Private: it is in the loss that `compile` makes.
    """
    loss = model._compile_loss
    return {} if loss is None else {"losses": loss._user_loss, "loss_weights": loss._user_loss_weights}


def watch_attention(
    layer: keras.layers.Layer, look: Callable[[Any, Any, Any, bool], None]
) -> AbstractContextManager[None]:
    """Within it, what an attention layer is about to compare is looked at.

    Private: queries and keys are known to `_compute_attention` alone, which Keras's documentation of the class invites
    subclasses to override; keras-hub's do, and its classes of their own have a method of that name.

    Args:
        layer: A `MultiHeadAttention` or `GroupQueryAttention`, or a layer for which `get_attention_scale` finds one.
        look: Is given the queries and keys, of shape `(examples, steps, heads, units)`, the mask or None, and whether
            keys behind the query's place are left out.
    """
    compute = layer._compute_attention

    def watched(query: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        mask = kwargs.get("attention_mask", args[1] if len(args) > 1 else None)
        look(query, key, mask, bool(kwargs.get("use_causal_mask")))
        return compute(query, key, *args, **kwargs)

    return set_attribute(layer, "_compute_attention", watched)


def get_attention_scale(layer: keras.layers.Layer) -> float | None:
    """What a layer of its own class multiplies products of queries and keys by, if it compares them as Keras's do.

    Private: keras-hub's attention of Llama, Mistral, Qwen and others is no subclass of Keras's, and has this name and
    `_compute_attention` in common, but nothing public.
    """
    scale = getattr(layer, "_inv_norm_factor", None)
    return float(scale) if hasattr(layer, "_compute_attention") and isinstance(scale, int | float) else None


class TracelessScope(keras.StatelessScope):
    """A `StatelessScope` in which a variable without a value of its own is known to have its usual one.

    Private: `_value` is what a variable's `value` would return outside of any scope. Regularizers ask the scope alone.
    """

    def get_current_value(self, variable: keras.Variable) -> Any:
        """The variable's value, whether it was assigned in here or not."""
        value = super().get_current_value(variable)
        return variable._value if value is None else value


class TracelessStepScope(TracelessScope):
    """A `TracelessScope` for a training step on TensorFlow or torch, in which a weight is assigned before it is used.

    Outside of any scope the gradient is then that of what was assigned. `SpectralNormalization` assigns its kernel.

    Private: TensorFlow and torch look for a gradient at a weight's `value`, which in a scope is whatever `add_update`
    was given: a tensor that has no gradient of its own.
    """

    def add_update(self, update: Any) -> None:
        """Notes what a variable is assigned, of a trained one such that there will be a gradient."""
        variable, value = update
        super().add_update((variable, _detach(value) if variable.trainable else value))


def _detach(value: Any) -> Any:
    if keras.backend.backend() == "torch":
        return value.detach().requires_grad_()
    import tensorflow as tf

    if tf.executing_eagerly():
        return tf.Variable(value, trainable=True)
    value = tf.identity(value)
    value.handle = value  # where a tape looks for what a variable is; it knows the tensor, if it was made of weights
    return value
