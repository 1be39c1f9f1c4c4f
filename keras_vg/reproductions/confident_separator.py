"""Claims D1 and D2: two linear classifiers with the same decision boundary, one of them over-confident."""

from pathlib import Path
from typing import Any

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console

from keras_vg import theory
from keras_vg.callbacks.weight_delta_logger import WeightDeltaLogger
from keras_vg.logs.reader import read_log
from keras_vg.reproductions.claims import Verdict, decide, print_table, print_verdicts

POINTS = {1: (1.0, 1.0), 0: (-1.0, -1.0)}
SEPARATORS = {"A": (1.0, 1.0), "B": (10.0, 10.0)}
LOSSES: dict[str, tuple[str, Any]] = {
    "squared_error": ("sigmoid", keras.losses.MeanSquaredError(dtype="float64")),
    # From logits: Keras clips probabilities to [1e-7, 1 - 1e-7], which would hide how wrong B is.
    "cross_entropy": ("linear", keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")),
}
"""Output activation and loss function, by the name of the loss."""

PRINTED = {
    2.0: ("0.8808", 0.105),
    -2.0: ("0.1192", 0.105),
    20.0: ("0.9999999979", 2.06e-9),
    -20.0: ("2.06e-09", 2.06e-9),
}
"""The sigmoid and its derivative that the course prints, by pre-activation."""

NEARLY_NIL = 1e-6
"""A change of weights of size 1 and 10, divided by the learning rate, below which it counts as zero."""


def reproduce(output: Path = Path("runs/confident_separator")) -> list[Verdict]:
    """Differentiates both classifiers at both points, term by term, and takes one step of SGD with Keras.

    Args:
        output: Folder for the delta logs, the table and the plot.

    Returns:
        The verdicts on claims D1 and D2.
    """
    console = Console()
    output.mkdir(parents=True, exist_ok=True)
    terms = measure_terms()
    terms.to_csv(output / "confident_separator.csv", index=False)
    print_table(
        terms.set_index(["model", "point", "label"]), "Squared error, term by term (both weights alike)", console
    )
    steps = log_steps(output)
    print_table(steps, "One step of SGD from there, |change| over learning rate of each weight", console)
    verdicts = [judge_predictions(terms), judge_steps(terms, steps)]
    print_verdicts(verdicts, console)
    _draw(output / "confident_separator.png")
    return verdicts


def measure_terms() -> pd.DataFrame:
    """Computes the factors of the chain rule for squared error.

    Returns:
        One row per classifier, point and label: the pre-activation `h`, `prediction`, `error` (prediction minus label),
        `slope` (the sigmoid's derivative at `h`), `input`, and the gradient `loss_by_w`, which is the product of the
        last three and the same for both weights.
    """
    rows = []
    for model, w in SEPARATORS.items():
        for x in POINTS.values():
            for label in (0, 1):
                gradient = theory.differentiate_neuron(x, w, 0.0, label, "squared_error")
                rows.append(
                    {
                        "model": model,
                        "point": f"({x[0]:g}, {x[1]:g})",
                        "label": label,
                        "h": gradient.z,
                        "prediction": gradient.a,
                        "error": gradient.loss_by_a,
                        "slope": gradient.a_by_z,
                        "input": x[0],
                        "loss_by_w": gradient.loss_by_w[0],
                    }
                )
    return pd.DataFrame(rows)


def log_steps(output: Path) -> pd.DataFrame:
    """Takes one step of SGD with each classifier, on one point with the right and with the wrong label.

    Args:
        output: Folder for the delta logs.

    Returns:
        The mean |implied gradient|: one row per loss and label (right or wrong), one column per classifier.
    """
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for loss, (activation, keras_loss) in LOSSES.items():
        for labels in ("right", "wrong"):
            for name, w in SEPARATORS.items():
                output_layer = keras.layers.Dense(1, activation, use_bias=False, dtype="float64", name="output")
                model = keras.Sequential([keras.Input((2,), dtype="float64"), output_layer])
                model.set_weights([np.reshape(w, (2, 1))])
                model.compile(keras.optimizers.SGD(1.0), keras_loss, jit_compile=False)
                path = output / f"{name}_{loss}_{labels}_deltas.csv"
                y = np.array([[1.0 if labels == "right" else 0.0]])
                model.fit(np.array([POINTS[1]]), y, verbose=0, callbacks=[WeightDeltaLogger(path)])
                change = read_log(path)["implied_gradient"].abs().mean()
                rows.setdefault((loss, labels), {})[name] = float(change)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["loss", "labels"])


def judge_predictions(terms: pd.DataFrame) -> Verdict:
    """Judges D1: the predictions of both classifiers at both points."""
    by_h = terms.drop_duplicates("h").set_index("h")
    same = all(
        float(f"{by_h['prediction'][h]:.{_count_digits(text)}g}") == float(text) for h, (text, _) in PRINTED.items()
    )
    exact = all(abs(by_h["prediction"][h] * (1 + np.exp(-h)) - 1) < 1e-12 for h in PRINTED)
    return Verdict(
        "D1",
        "sigma(2) = 0.8808, sigma(-2) = 0.1192, sigma(20) = 0.9999999979, sigma(-20) = 2.06e-9.",
        decide(same and exact),
        "; ".join(f"sigma({h:g}) = {by_h['prediction'][h]:.12g}" for h in PRINTED) + ".",
        "holds if each is the printed one to its digits, and 1 / (1 + exp(-h)) to 12.",
    )


def _count_digits(text: str) -> int:
    return len(text.split("e")[0].replace(".", "").lstrip("0"))


def judge_steps(terms: pd.DataFrame, steps: pd.DataFrame) -> Verdict:
    """Judges D2: the weights of the over-confident classifier do not move."""
    slopes = terms.drop_duplicates("h").set_index("h")["slope"]
    printed = all(float(f"{slopes[h]:.3g}") == slope for h, (_, slope) in PRINTED.items())
    still = steps["B"] < NEARLY_NIL
    moves = zip(steps.index, steps["B"], strict=True)
    return Verdict(
        "D2",
        "Same boundary, yet B's gradient is nearly nil, sigma'(2) = 0.105 against sigma'(20) = 2.06e-9, so that B's "
        "weights do not move.",
        decide(printed and bool(still.all()), printed and bool(still.any())),
        f"sigma'(2) = {slopes[2.0]:.12g}, sigma'(20) = {slopes[20.0]:.12g}. One step of SGD moves B, over the learning "
        "rate, by "
        + "; ".join(f"{change:.2g} ({loss.replace('_', ' ')}, {label} label)" for (loss, label), change in moves)
        + ". Only squared error holds B still where it is wrong.",
        f"holds if the slopes are the printed ones and B moves by less than {NEARLY_NIL:g} under both losses, label "
        "right or wrong; in part if under some.",
    )


def _draw(picture: Path) -> None:
    h = np.linspace(-25, 25, 501)
    figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
    ax.semilogy(h, theory.sigmoid_derivative(h), color="0.3")
    for name, w in SEPARATORS.items():
        at = sum(w)
        slope = float(theory.sigmoid_derivative(at))
        ax.plot(at, slope, "o")
        ax.annotate(
            f"{name} at (1, 1): {slope:.3g}", (at, slope), xytext=(-8, -12), textcoords="offset points", ha="right"
        )
    ax.set(xlabel="h", ylabel="sigmoid's derivative at h", title="One boundary, two confidences")
    figure.savefig(picture, dpi=150)
    plt.close(figure)
