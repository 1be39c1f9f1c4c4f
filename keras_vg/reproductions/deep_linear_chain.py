"""Claims E1 to E4 and F5: activations and gradients in products of many matrices, without and with sigmoids."""

from pathlib import Path
from typing import Literal

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console

from keras_vg import theory
from keras_vg.callbacks.gradient_logger import GradientLogger
from keras_vg.grids import run_grid
from keras_vg.logs.reader import read_log
from keras_vg.reproductions.claims import Verdict, decide, describe, print_table, print_verdicts

LAYERS = 20
SCALES = (0.5, 1.0, 1.5)
CLAIMED_GROWTH = {0.5: "9.5e-07", 1.5: "3325.26"}
DIGITS_12 = 1e-12
FLOAT32 = 1e-5
"""Relative tolerance for the rounding errors of twenty float32 layers."""

FINITE_DIFFERENCE = 1e-6
"""Relative tolerance within which a formula agrees with a finite difference."""

SLOPES: dict[str, Literal["derivative", "activation"]] = {"derivative": "derivative", "A": "activation"}
"""The factor in `W^T dZ * factor` by column of the table: the derivative, which is right, or the activation A."""

WIDTH = 64
"""Number of rows and columns of the random matrices; the claim is about any width."""
KEPT = 1e-3
"""Absolute tolerance within which a singular value of a product of twenty float32 matrices equals 1."""


def reproduce(output: Path = Path("runs/deep_linear_chain"), seeds: int = 5, jobs: int | None = None) -> list[Verdict]:
    """Computes activations and gradients in chains of layers, in closed form and in Keras.

    Args:
        output: Folder for the gradient logs, the tables and the plot.
        seeds: Number of seeds of the random matrices, from 0.
        jobs: Number of processes.

    Returns:
        The verdicts on claims E1 to E4 and F5.
    """
    console = Console()
    output.mkdir(parents=True, exist_ok=True)
    chains = pd.DataFrame(list(run_grid(measure_chain, [(scale, output) for scale in SCALES], jobs)))
    chains = chains.set_index("scale")
    chains.to_csv(output / "deep_linear_chain.csv")
    print_table(chains, f"{LAYERS} linear layers of k times the identity", console)
    formulas = measure_formulas(seeds)
    print_table(formulas, "Largest relative error against a finite difference, over the layers", console)
    errors = measure_errors(seeds)
    print_table(errors, f"{LAYERS} sigmoid layers, label 1: dL/dz of the last and the first", console)
    tasks = [(distribution, seed) for distribution in ("orthogonal", "gaussian") for seed in range(seeds)]
    spectra = pd.concat(run_grid(measure_spectrum, tasks, jobs), ignore_index=True)
    spectra.to_csv(output / "singular_values.csv", index=False)
    verdicts = [
        judge_powers(chains),
        judge_linear(chains),
        judge_formula(formulas),
        judge_errors(errors),
        judge_orthogonal(spectra),
    ]
    print_verdicts(verdicts, console)
    _draw(spectra, output / "deep_linear_chain.png")
    return verdicts


def measure_chain(scale: float, output: Path) -> dict[str, float]:
    """Runs an input of ones through twenty linear layers of k times the identity, in closed form and in Keras.

    Args:
        scale: The number k.
        output: Folder for the gradient log of the Keras model.

    Returns:
        `scale`; `growth`, the factor of the activations over all layers; `backwards`, the factor of the gradient;
        `keras_backwards`, the same factor in Keras: the gradient's norm at the first layer's bias divided by the norm
        at the last layer's bias, times k for the last layer.
    """
    identity = scale * np.eye(2)
    chain = theory.propagate([identity] * LAYERS, np.ones(2), "linear", np.ones_like)
    initializer = keras.initializers.Constant(identity)
    layers = [keras.layers.Dense(2, kernel_initializer=initializer, name=f"linear_{i}") for i in range(LAYERS)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile(
        keras.optimizers.SGD(0.0), lambda y, prediction: keras.ops.sum(prediction, axis=-1), jit_compile=False
    )
    path = output / f"identity_times_{scale:g}_gradients.csv"
    model.fit(np.ones((1, 2)), np.ones((1, 2)), verbose=0, callbacks=[GradientLogger(path)])
    log = read_log(path)
    norms = log[log["weight"] == "bias"]["gradient_norm"].to_numpy()
    return {
        "scale": scale,
        "growth": float(chain.a[-1][0]),
        "backwards": float((identity @ chain.loss_by_z[0])[0]),
        "keras_backwards": float(norms[0] / norms[-1] * scale),
    }


def _make_matrices(layers: int, width: int, seed: int) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).normal(size=(layers, width, width)) / np.sqrt(width))


def measure_formulas(seeds: int) -> pd.DataFrame:
    """Compares two formulas of back-propagation with a finite difference, for three layers of four units.

    Args:
        seeds: Number of seeds, from 0.

    Returns:
        The largest relative error of each formula: one row per activation and seed; column `derivative` for the
        derivative as the factor, column `A` for the activation.
    """
    rows = [
        _compare_formulas(activation, seed) for activation in ("linear", "sigmoid", "tanh") for seed in range(seeds)
    ]
    return pd.DataFrame(rows).set_index(["activation", "seed"])


def _compare_formulas(activation: str, seed: int) -> dict[str, object]:
    first, *others = _make_matrices(3, 4, seed)
    x, target = np.random.default_rng(seed).normal(size=(2, 4))
    function = theory.get_activation(activation).function

    def compute_loss(z: np.ndarray) -> float:
        a = function(z)
        for matrix in others:
            a = function(matrix @ a)
        return float(((a - target) ** 2).sum() / 2)

    # dZ1 is the gradient of the loss by the first layer's pre-activation.
    truth = theory.differentiate_numerically(compute_loss, first @ x)
    row: dict[str, object] = {"activation": activation, "seed": seed}
    for column, slopes in SLOPES.items():
        chain = theory.propagate([first, *others], x, activation, lambda a: a - target, slopes)
        row[column] = float(np.abs(chain.loss_by_z[0] - truth).max() / np.abs(truth).max())
    return row


def measure_errors(seeds: int) -> pd.DataFrame:
    """Back-propagates the cross-entropy of a positive label through a chain of sigmoid layers.

    Args:
        seeds: Number of seeds, from 0.

    Returns:
        One row per seed: `last`, dL/dz of the output unit; `first`, the norm of dL/dz of the first layer; `slopes`, the
        product over all layers but the last of the root mean square of the sigmoid's derivative.
    """
    rows = []
    for seed in range(seeds):
        *hidden, output = _make_matrices(LAYERS + 1, 10, seed)
        x = np.random.default_rng(seed).normal(size=10)

        def differentiate(a: np.ndarray) -> np.ndarray:
            return (a - 1) / (a * (1 - a))  # the gradient of the cross-entropy by the prediction

        chain = theory.propagate([*hidden, output[:1]], x, "sigmoid", differentiate)
        slopes = [np.sqrt(np.mean(theory.sigmoid_derivative(z) ** 2)) for z in chain.z[:-1]]
        rows.append(
            {
                "seed": seed,
                "last": float(chain.loss_by_z[-1][0]),
                "first": float(np.linalg.norm(chain.loss_by_z[0])),
                "slopes": float(np.prod(slopes)),
            }
        )
    return pd.DataFrame(rows).set_index("seed")


def measure_spectrum(distribution: str, seed: int) -> pd.DataFrame:
    """Computes the singular values of a product of initial kernels of Keras, by the number of factors.

    Args:
        distribution: Distribution of the kernels: `"orthogonal"`, or `"gaussian"` with variance 1/n.
        seed: Seed of the kernels.

    Returns:
        One row per number of layers: the `smallest`, `median` and `largest` singular value, with the distribution as
        column `kind`.
    """
    rows, product = [], np.eye(WIDTH)
    for layer in range(LAYERS):
        kernel_seed = 1000 * seed + layer
        initializer = (
            keras.initializers.Orthogonal(seed=kernel_seed)
            if distribution == "orthogonal"
            else keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal", seed=kernel_seed)
        )
        product = product @ np.asarray(keras.ops.convert_to_numpy(initializer((WIDTH, WIDTH))), "float64")
        values = np.linalg.svd(product, compute_uv=False)
        summary = {"smallest": values[-1], "median": np.median(values), "largest": values[0]}
        rows.append({"kind": distribution, "seed": seed, "layers": layer + 1, **summary})
    return pd.DataFrame(rows)


def judge_powers(chains: pd.DataFrame) -> Verdict:
    """Judges E1: activations grow as 1.5^L and shrink as 0.5^L, and gradients by the same factor."""
    powers = chains.index.to_numpy() ** LAYERS
    exact = all(np.abs(chains[pass_] / powers - 1).max() < DIGITS_12 for pass_ in ("growth", "backwards"))
    printed = all(
        float(f"{chains['growth'][k]:{_get_format(text)}}") == float(text) for k, text in CLAIMED_GROWTH.items()
    )
    in_keras = (chains["keras_backwards"] / chains["backwards"] - 1).abs().max()
    return Verdict(
        "E1",
        f"{LAYERS} linear layers of 1.5 I: activations grow as 1.5^L, to 3325.26; of 0.5 I they shrink, to 9.5e-7; the "
        "same factor runs backwards.",
        decide(exact and printed and in_keras < FLOAT32, exact and printed),
        f"forwards {chains['growth'][1.5]:.12g} and {chains['growth'][0.5]:.12g}, backwards "
        f"{chains['backwards'][1.5]:.12g} and {chains['backwards'][0.5]:.12g}; Keras's gradients agree to "
        f"{in_keras:.1g}.",
        f"holds if both equal k^L to 12 digits and Keras's gradients agree to {FLOAT32:g}.",
    )


def _get_format(text: str) -> str:
    return ".1e" if "e" in text else ".2f"


def judge_linear(chains: pd.DataFrame) -> Verdict:
    """Judges E2: gradients vanish without any sigmoid."""
    vanishing, kept = chains["keras_backwards"][0.5], chains["keras_backwards"][1.0]
    return Verdict(
        "E2",
        "No sigmoid is needed for gradients to vanish: weights below 1 suffice (k times the identity, chosen because "
        "its powers are easy).",
        decide(vanishing < FINITE_DIFFERENCE and abs(kept - 1) < FLOAT32),
        f"Keras, {LAYERS} linear layers: 0.5 I leaves {vanishing:.3g} of the gradient, the identity itself {kept:.6g}.",
        f"holds if 0.5 I leaves less than {FINITE_DIFFERENCE:g} and the identity all of it.",
    )


def judge_formula(formulas: pd.DataFrame) -> Verdict:
    """Judges E3: dZ1 = W2^T dZ2 * A1."""
    worst, best = formulas.groupby("activation").max(), formulas.groupby("activation").min()
    claimed = worst["A"] < FINITE_DIFFERENCE
    shown = "; ".join(f"{name}: {best['A'][name]:.2g} to {worst['A'][name]:.2g}" for name in worst.index)
    right = worst["derivative"].max()
    return Verdict(
        "E3",
        "dZ1 = W2^T dZ2 * A1 is the backward pass.",
        decide(bool(claimed.all()), bool(claimed.any())),
        f"Its largest relative error against a finite difference: {shown}. With g'(Z1), which is 1 for a linear layer, "
        f"in the place of A1: {right:.1g}, {'which is right' if right < FINITE_DIFFERENCE else 'wrong as well'}.",
        f"holds if the error is below {FINITE_DIFFERENCE:g} for every activation; in part for some.",
    )


def judge_errors(errors: pd.DataFrame) -> Verdict:
    """Judges E4: with sigmoids A2 is small, hence dZ2 = A2 - Y is small."""
    small = errors["last"].abs() < 0.1
    return Verdict(
        "E4",
        "With sigmoids A2 is small, hence dZ2 = A2 - Y is small.",
        decide(bool(small.all()), bool(small.any())),
        f"For a positive label dZ of the output is {describe(errors['last'])}, {len(errors)} seeds: the smaller A is, "
        f"the nearer it is to -1. What is small is the first layer's: norm {describe(errors['first'])}, after slopes "
        f"whose product is {describe(errors['slopes'])}.",
        "holds if |dZ2| is below 0.1 for every seed; in part for some.",
    )


def judge_orthogonal(spectra: pd.DataFrame) -> Verdict:
    """Judges F5: orthogonal weights keep every singular value at 1, Gaussian ones do not."""
    last = spectra[spectra["layers"] == LAYERS].set_index("kind")
    orthogonal, gaussian = last.loc[["orthogonal"]], last.loc[["gaussian"]]
    kept = max((orthogonal["largest"] - 1).abs().max(), (orthogonal["smallest"] - 1).abs().max()) < KEPT
    spread = gaussian["largest"] / gaussian["median"]
    return Verdict(
        "F5",
        "Orthogonal weights in a deep linear net keep every singular value at 1 at any depth; Gaussian ones do not.",
        decide(kept and bool(spread.min() > 10), kept),
        f"{LAYERS} layers, {WIDTH} wide, {len(gaussian)} seeds: orthogonal {orthogonal['smallest'].min():.6f} to "
        f"{orthogonal['largest'].max():.6f}; Gaussian, largest over median {describe(spread)}.",
        f"holds if all orthogonal ones are within {KEPT:g} of 1 and the largest Gaussian one is 10 times the median.",
    )


def _draw(spectra: pd.DataFrame, picture: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    layers = np.arange(LAYERS + 1)
    for scale, style in zip(SCALES, ("--", "-", ":"), strict=True):
        axes[0].semilogy(layers, scale**layers, style, label=f"{scale:g} I")
    axes[0].set(xlabel="layers", ylabel="activation, and gradient from behind", title="k times the identity")
    axes[0].legend()
    for (distribution, group), style in zip(spectra.groupby("kind"), ("-", "--"), strict=True):
        median = group.groupby("layers")[["smallest", "median", "largest"]].median()
        axes[1].semilogy(median.index, median["median"], style, label=str(distribution))
        axes[1].fill_between(median.index, median["smallest"], median["largest"], alpha=0.2)
    axes[1].set(xlabel="layers", ylabel="singular values of the product", title="Smallest, median, largest")
    axes[1].legend()
    figure.savefig(picture, dpi=150)
    plt.close(figure)
