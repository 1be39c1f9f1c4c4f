"""Draws the README's picture: its net of eleven sigmoids as it is, and cured."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path
from typing import Annotated

import matplotlib.pyplot as plt
import typer


def main(
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture to write.")] = Path(
        "runs/before_and_after.png"
    ),
    epochs: Annotated[int, typer.Option(min=5, help="Epochs of a full training.")] = 30,
    seeds: Annotated[int, typer.Option(min=2, help="Seeds that the cure is proven on.")] = 3,
) -> None:
    """Cures the net, and draws each layer's gradient and the scores of all seeds with the cure and without."""
    import keras
    from sklearn.datasets import make_circles

    import keras_vg as vg

    keras.utils.set_random_seed(0)
    x, y = make_circles(1000, noise=0.1, factor=0.5, random_state=0)
    hidden = [keras.layers.Dense(10, "sigmoid") for _ in range(11)]
    model = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    cure = vg.cure(model, x, y, epochs=epochs, seeds=seeds)
    print(cure)
    if not cure.changes:
        raise typer.Exit(1)

    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6), layout="constrained")
    with tempfile.TemporaryDirectory() as folder:
        logs = {"original": f"{folder}/original.csv", " + ".join(cure.changes): f"{folder}/cured.csv"}
        for net, log in zip((model, cure.make_model()), logs.values(), strict=True):
            net.fit(x, y, epochs=5, verbose=0, callbacks=[vg.GradientLogger(log)])
        vg.plots.draw_depth(vg.read_log(logs), ax=left)
    left.legend(loc="lower right")
    left.set_title("What reaches each layer")
    vg.plots.draw_trials(cure.curves, most=2, ax=right)
    right.legend(loc="center right")
    right.set_title(f"What the net learns, {seeds} seeds each")
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=90)
    print(output)


if __name__ == "__main__":
    typer.run(main)
