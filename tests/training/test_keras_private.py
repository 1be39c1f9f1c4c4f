"""One test per private name of Keras: when a release moves one, this says which, and where it is used."""

import inspect
import threading

import keras
import pytest
from keras import layers

from helpers.models import make_data

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(*make_data(), verbose=0)
    return model


def takes(function, *arguments):
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    return True


CHECKS = {
    "keras.src.backend.compute_output_spec": lambda m: callable(keras.src.backend.compute_output_spec),
    "Model._flatten_layers": lambda m: takes(m._flatten_layers, False) and m.layers[0] in m._flatten_layers(False),
    "Optimizer._learning_rate": lambda m: m.optimizer._learning_rate is m.optimizer.learning_rate,
    "Optimizer._trainable_variables": lambda m: (
        [id(v) for v in m.optimizer._trainable_variables] == [id(v) for v in m.trainable_variables]
    ),
    "Model.train_function": lambda m: callable(m.train_function),
    "Model.make_train_function": lambda m: takes(m.make_train_function, True),
    "Model.history": lambda m: isinstance(m.history, keras.callbacks.History),
    "Model._call_has_training_arg": lambda m: m._call_has_training_arg is True,
    "Model._compute_loss": lambda m: callable(m._compute_loss),
    "Model._compile_loss": lambda m: (
        [item.loss.fn.__name__ for item in m._compile_loss._flat_losses] == ["mean_squared_error"]
        and m._compile_loss._user_loss == "mse"
        and m._compile_loss._user_loss_weights is None
        and m._compile_loss._flat_losses[0].loss._fn_kwargs == {}
    ),
    "Variable._value": lambda m: m.variables[0]._value is m.variables[0].value,
    "Layer.__call__ through an instance's own `call`": lambda m: _calls_own(m),
}
if BACKEND == "jax":
    CHECKS["Model._get_state_sharding_spec"] = lambda m: len(m._get_state_sharding_spec()) == 4
    CHECKS["Model.jax_state_sync"] = lambda m: takes(m.jax_state_sync) and m.jax_state_sync() is None
if BACKEND == "tensorflow":
    CHECKS["Model.distribute_strategy"] = lambda m: hasattr(m.distribute_strategy, "scope")


def _calls_own(model):
    from keras_vg.training import keras_private

    seen = []
    layer = model.layers[0]
    call = layer.call
    with keras_private.set_attribute(layer, "call", lambda *args, **kwargs: seen.append(1) or call(*args, **kwargs)):
        layer(make_data()[0])
    return bool(seen) and "call" not in vars(layer)


@pytest.mark.parametrize("name", CHECKS)
def test_private_name(name, model):
    try:
        holds = CHECKS[name](model)
    except AttributeError:
        holds = False
    assert holds, f"Keras {keras.version()} has moved or changed {name}: see keras_private.py."


@pytest.mark.skipif(BACKEND != "jax", reason="a private name of JAX")
def test_private_name_of_jax():
    import jax

    from keras_vg.training.exactness.jax_equations import get_equation

    seen = []

    @jax.jit
    def add(one, other):
        equation = get_equation(one + other)
        seen.append(equation is not None and (equation.primitive.name, len(equation.in_tracers), equation.params))
        return one

    add(1.0, 2.0)
    assert seen == [("add", 2, {})], (
        f"JAX {jax.__version__} has moved or changed Tracer.parent, or its primitive, in_tracers or params: see "
        "training/exactness/jax_equations.py, which relies on them."
    )


def test_the_calls_of_layers_are_watched_by_their_own_thread_alone(model):
    from keras_vg.training import keras_private

    plain = vars(layers.Layer)["__call__"]
    seen, inner = [], []
    x = make_data()[0]

    def note(layer, call):
        seen.append(layer)
        return call()

    with keras_private.watch_layer_calls(note):
        model(x)
        thread = threading.Thread(target=model, args=(x,))
        thread.start()
        thread.join()
        with keras_private.watch_layer_calls(lambda layer, call: inner.append(layer) or call()):
            model.layers[0](x)
        model.layers[0](x)
    assert [layer.name for layer in seen] == [model.name, model.layers[0].name, model.layers[0].name]
    assert inner == [model.layers[0]]
    assert vars(layers.Layer)["__call__"] is plain


def test_the_calls_of_layers_are_as_before_after_an_exception(model):
    from keras_vg.training import keras_private

    plain = vars(layers.Layer)["__call__"]
    with pytest.raises(ValueError, match="incompatible"), keras_private.watch_layer_calls(lambda layer, call: call()):
        model(make_data()[0][:, :2])
    assert vars(layers.Layer)["__call__"] is plain


def test_the_calls_of_layers_in_threads_that_end_in_any_order(model):
    from keras_vg.training import keras_private

    plain = vars(layers.Layer)["__call__"]
    ours, theirs = (keras_private.watch_layer_calls(lambda layer, call: call()) for _ in range(2))
    entered, left = threading.Event(), threading.Event()

    def watch():
        with theirs:
            entered.set()
            left.wait(10)

    thread = threading.Thread(target=watch)
    with ours:
        thread.start()
        entered.wait(10)
    assert vars(layers.Layer)["__call__"] is not plain
    left.set()
    thread.join()
    assert vars(layers.Layer)["__call__"] is plain
