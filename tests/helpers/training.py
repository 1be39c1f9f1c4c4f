"""How the tests train: one `fit` for all of them, and the ways to compile a step."""

import keras

from helpers.models import make_data

BACKEND = keras.backend.backend()


COMPILE_OPTIONS = {"graph": {"jit_compile": False}, "eager": {"run_eagerly": True}, "xla": {"jit_compile": True}}
if BACKEND == "torch":
    del COMPILE_OPTIONS["xla"]  # torch.compile takes half a minute: see the test of its own


def fit(make, *callbacks, seed=0, epochs=3, optimizer="sgd", data=None, compile_options=None, **fit_options):
    keras.utils.set_random_seed(seed)
    model = make()
    model.compile(optimizer, "mse", **(compile_options or {}))
    x, y = make_data() if data is None else (data, None)
    options = {"batch_size": 8, **fit_options} if data is None else {"shuffle": False, **fit_options}
    history = model.fit(x, y, epochs=epochs, verbose=0, callbacks=list(callbacks), **options)
    return model, history
