"""A training that two processes of JAX share, under several layouts: run as a program, once per process.

Arguments: the address of the first process, the number of this one, and a folder. What a process saw is written there
to `process0.json` and `process1.json`, the logs of each scenario to folders beside. Without a number (`-`), one process
trains alone on one device.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np

EPOCHS, EXAMPLES, FEATURES = 2, 32, 6
WATCHED = ("plain", "gradients", "deltas", "activations", "guard", "probe", "restore")


def make_arrays():
    x = np.random.default_rng(0).normal(size=(EXAMPLES, FEATURES)).astype("float32")
    return x, np.tanh(x[:, :4])


def make_data(part, parts):
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    x, y = (array.reshape(4, parts, -1, array.shape[1])[:, part] for array in make_arrays())
    return tf.data.Dataset.from_tensor_slices((x, y))


def make_model():
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(8, "sigmoid", name="a"), keras.layers.Dense(8, "relu", name="b")]
    model = keras.Sequential([keras.Input((FEATURES,)), *layers, keras.layers.Dense(4, name="c")])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def make_callbacks(name, folder):
    import keras_vg as vg

    x, y = make_arrays()
    return {
        "plain": list,
        "gradients": lambda: [vg.GradientLogger(folder / "log.csv", every=3)],
        "deltas": lambda: [vg.WeightDeltaLogger(folder / "log.csv", layers="all", max_values=20)],
        "activations": lambda: [vg.ActivationLogger(folder / "log.csv", x)],
        "guard": lambda: [vg.TrainingGuard()],
        "probe": lambda: [vg.TrainingGuard(100 * x, y)],
        "restore": lambda: [vg.TrainingGuard(action="restore"), make_breaker()],
    }[name]()


def make_breaker():
    import keras

    class BreakWeights(keras.callbacks.Callback):
        """Makes a bias infinite once, after the second batch of the second epoch."""

        has_acted = False

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            if self.epoch == 1 and batch == 2 and not self.has_acted:
                self.has_acted = True
                bias = self.model.layers[0].bias
                bias.assign(bias + np.float32(np.inf))

    return BreakWeights()


def describe(callbacks):
    """What a guard found, if there is one."""
    found = []
    for callback in callbacks:
        findings = callback.findings.list_all() if hasattr(callback, "findings") else ()
        found += [[finding.rule, finding.severity, list(finding.layers), finding.epoch] for finding in findings]
        found += [["restored", error.epoch, error.batch, error.layers] for error in getattr(callback, "restores", ())]
    return found


def watch_all(data, folder):
    seen = {}
    for name in WATCHED:
        (folder / name).mkdir(parents=True, exist_ok=True)
        callbacks = make_callbacks(name, folder / name)
        history = make_model().fit(data, epochs=EPOCHS, verbose=0, callbacks=callbacks).history
        seen[name] = {"history": history, "findings": describe(callbacks)}
    return seen


def fail_in_turn(data, folder, number):
    """Trainings in which the first process alone meets an error: what each process sees, and whether all go on."""
    import keras

    import keras_vg as vg

    class Break(keras.callbacks.Callback):
        """Takes the log away from the process that writes it."""

        def on_epoch_end(self, epoch, logs=None):
            if number == 0 and epoch == 0:
                (folder / "taken.csv").unlink()

    def fit(name, *callbacks, strict=False):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("error" if strict else "always", UserWarning)
            warnings.filterwarnings("ignore", message="`shuffle=True`")
            try:
                losses = make_model().fit(data, epochs=EPOCHS, verbose=0, callbacks=list(callbacks)).history["loss"]
                seen[name] = {"losses": losses}
            except Exception as error:
                seen[name] = {"error": type(error).__name__, "message": str(error), "cause": str(error.__cause__)}
        seen[name]["warnings"] = [str(item.message) for item in caught]
        seen[name]["missing"] = [callback.missing_rows for callback in callbacks if hasattr(callback, "missing_rows")]

    seen = {}
    folder.mkdir(exist_ok=True)
    fit("plain")
    fit("directory", vg.GradientLogger(folder if number == 0 else folder / "fine.csv"))
    fit("absent", vg.WeightDeltaLogger(folder / "absent" / "log.csv"))
    fit("unknown layer", vg.WeightDeltaLogger(folder / "log.csv", layers="z"))
    fit("taken", vg.GradientLogger(folder / "taken.csv"), Break())
    fit("taken, warnings are errors", vg.GradientLogger(folder / "taken.csv"), Break(), strict=True)
    fit("afterwards", vg.GradientLogger(folder / "afterwards.csv"))
    return seen


def make_distribution(name, keras):
    d = keras.distribution
    devices = d.list_devices()
    if name == "data":
        return d.DataParallel(devices=devices, auto_shard_dataset=False)
    shape = (1, len(devices)) if name == "model" else (2, len(devices) // 2)
    layout = d.LayoutMap(d.DeviceMesh(shape, ("batch", "model"), devices))
    layout[".*kernel"] = (None, "model")
    layout["b/bias"] = ("model",)
    return d.ModelParallel(layout_map=layout, batch_dim_name="batch", auto_shard_dataset=False)


def main():
    address, number, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    import jax

    if number != "-":
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
    import keras

    if number == "-":
        seen = {"alone": watch_all(make_data(0, 1), folder / "alone")}
        if len(jax.devices()) > 1:
            keras.distribution.set_distribution(make_distribution("model", keras))
            seen["devices"] = watch_all(make_data(0, 1), folder / "devices")
    else:
        keras.distribution.initialize(address, 2, int(number))
        seen = {}
        for name in sys.argv[4:]:
            keras.distribution.set_distribution(make_distribution(name, keras))
            data = make_data(0, 1) if name == "model" else make_data(int(number), 2)
            seen[name] = watch_all(data, folder / f"process{number}" / name)
            if name == "model":
                seen["errors"] = fail_in_turn(data, folder / f"errors{number}", int(number))
    (folder / f"process{number}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
