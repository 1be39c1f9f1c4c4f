"""Logs of runs for the live view: a sick one whose gradients vanish, a healthy one, and as many layers as wanted."""

import numpy as np

from helpers.tables import make_activations, write_gradients
from keras_vg.logs.schemas import ACTIVATION
from keras_vg.watch.runs import Watch


def write_run(folder, name, factor, epochs=20, layers=11, losses=None):
    """Writes the three logs of a run; the gradients fall by a factor per layer towards the input."""
    rms = 0.1 * factor ** np.arange(layers)[::-1] * np.ones((epochs, 1))
    gradients = write_gradients(folder / f"{name}_gradients.csv", rms, learning_rate=0.1)
    fractions = np.broadcast_to(np.arange(layers) / layers / 2, (epochs, layers))
    activations = folder / f"{name}_activations.csv"
    table = make_activations(fractions, fractions / 2, activation="sigmoid")[list(ACTIVATION.columns)]
    table.to_csv(activations, index=False)
    history = folder / f"{name}_history.csv"
    losses = 0.7 * 0.9 ** np.arange(epochs) if losses is None else losses
    lines = [f"{epoch},{loss},{loss + 0.1}\n" for epoch, loss in enumerate(losses)]
    history.write_text("epoch,loss,val_loss\n" + "".join(lines))
    return [gradients, activations, history]


def write_runs(folder, **options):
    """Writes a sick and a healthy run; returns the paths of their six logs."""
    folder.mkdir(exist_ok=True)
    sick = write_run(folder, "sick", 0.2, losses=np.full(options.get("epochs", 20), 0.7), **options)
    return sick + write_run(folder, "well", 0.95, **options)


def watch(paths):
    """Reads and judges logs as they are."""
    watched = Watch(lambda: paths)
    watched.update(0.0, is_urgent=True)
    return watched
