"""Draws one panel of a rule's picture from a program's tables, with the package's plots where they show it best."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter, MaxNLocator, NullFormatter

from keras_vg import plots
from keras_vg.diagnosis.ranges import RANGES, find_label_bounds
from keras_vg.diagnosis.thresholds import Thresholds
from rule_pages.scenes import Scene

BLUE, RED, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "0.45"  # Okabe and Ito's, as in the package's plots
LIMITS = Thresholds()


def draw_gradients(scene: Scene, ax: Axes) -> None:
    """The gradient over the depth; of a training, at its first epoch."""
    log = scene.gradients
    plots.draw_depth(log[log["epoch"] == log["epoch"].min()], ax=ax)
    _drop_legend(ax)
    ax.set_ylabel("gradient RMS")


def draw_time(scene: Scene, ax: Axes) -> None:
    """The gradient over the time steps, beside the part of it below which steps are lost."""
    table = scene.inspection.time
    plots.draw_time(table, ax=ax)
    largest = table["gradient_rms"].max()
    low = LIMITS.vanishing_time**2 * largest
    ax.axhspan(low, LIMITS.vanishing_time * largest, color="0.9", zorder=0)
    ax.set_ylim(low, 10 * largest)
    _drop_legend(ax)
    ax.set_ylabel("gradient RMS")


def draw_kernel_gradients(scene: Scene, ax: Axes) -> None:
    """The gradient of each kernel, beside Adam's epsilon."""
    rows = scene.inspection.gradients
    rows = rows[rows["weight"].str.contains("kernel")]
    _draw_logs(ax, list(rows["layer"]), rows["gradient_rms"].to_numpy("float64"))
    _draw_limits(ax, {"tiny_gradient": LIMITS.tiny_gradient})
    ax.set_ylabel("gradient RMS of the kernel")


def draw_outputs(scene: Scene, ax: Axes) -> None:
    """The largest output of each layer, on a log scale."""
    rows = scene.inspection.activations
    sizes = rows["abs_max"].to_numpy("float64")
    x = np.arange(len(sizes))
    ax.set_yscale("log")
    ax.plot(x, np.where(np.isfinite(sizes), sizes, np.nan), "o-", color=BLUE, markersize=5)
    for place in x[~np.isfinite(sizes)].tolist():
        ax.text(place, 0.94, "NaN", transform=ax.get_xaxis_transform(), ha="center", va="top", color=RED, weight="bold")
        ax.axvline(place, color=RED, linestyle=":", linewidth=1)
    ax.margins(x=0.08, y=0.12)
    _use_plain_ticks(ax)
    _name_layers(ax, rows["layer"])
    ax.set_ylabel("largest |output|")


def draw_explosion(scene: Scene, ax: Axes) -> None:
    """The largest output of each layer, beside the size beyond which it explodes."""
    draw_outputs(scene, ax)
    rows = scene.inspection.activations
    largest = np.fmax(1.0, rows.loc[rows["depth"] == -1, "abs_max"].max())
    _draw_limits(ax, {"exploding_activation": LIMITS.exploding_activation * largest})


def draw_dead(scene: Scene, ax: Axes) -> None:
    """The part of each layer's units that are dead."""
    _draw_fractions(scene, ax, "dead_fraction", "dead units [%]", ("dead_warning", "dead_fraction"))


def draw_saturated(scene: Scene, ax: Axes) -> None:
    """The part of each layer's values that are saturated."""
    _draw_fractions(scene, ax, "saturated_fraction", "saturated [%]", ("saturated_warning", "saturated_fraction"))


def _draw_fractions(scene: Scene, ax: Axes, column: str, label: str, limits: tuple[str, str]) -> None:
    rows = scene.inspection.activations
    rows = rows[rows[column].notna() & (rows["depth"] >= 0) & ~rows["layer"].isin(scene.inspection.outputs["layer"])]
    values = 100 * rows[column].to_numpy("float64")
    _draw_bars(ax, list(rows["layer"]), values)
    for place in np.flatnonzero(values == 0).tolist():
        ax.text(place, 2, "0", ha="center", color=BLUE, weight="bold")
    ax.set_ylim(0, 115)
    _draw_limits(ax, {name: 100 * getattr(LIMITS, name) for name in limits})
    ax.set_ylabel(label)


def draw_losses(scene: Scene, ax: Axes) -> None:
    """The loss over the epochs, beside that of the best constant prediction."""
    history = scene.evidence.history
    assert history is not None
    plots.draw_losses(history.assign(run=scene.name), ax=ax)
    _drop_legend(ax)
    baseline = scene.inspection.outputs["baseline"].sum(skipna=False)
    if np.isfinite(baseline):
        _draw_limits(ax, {"constant prediction, inspected batch": baseline}, color=GREY)
    ax.margins(y=0.15)
    ax.set_ylabel("training loss")


def draw_validation(scene: Scene, ax: Axes) -> None:
    """The training and the validation loss over the epochs."""
    history = scene.evidence.history
    assert history is not None
    for name, color in (("loss", BLUE), ("val_loss", RED)):
        ax.plot(history["epoch"], history[name], marker=".", color=color, label=name)
    ax.set_yscale("log")
    _use_plain_ticks(ax)
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss: training blue, validation red")


def draw_metric(scene: Scene, ax: Axes) -> None:
    """The metric over the epochs, beside the loss as part of its first."""
    history = scene.evidence.history
    assert history is not None
    name = next(name for name in ("accuracy", "r2_score") if name in history)
    ax.plot(history["epoch"], history[name], marker=".", color=BLUE)
    ax.plot(history["epoch"], history["loss"] / history["loss"].iloc[0], marker=".", color=GREY)
    ax.set_xlabel("epoch")
    ax.set_ylabel(f"{name} blue, loss over its first grey")


def draw_modes(scene: Scene, ax: Axes) -> None:
    """The loss of the inspected batch over the epochs, in training mode and of what the model predicts."""
    rows = scene.evidence.predictions
    assert rows is not None
    _draw_two_losses(scene, ax, [(rows["plain_loss"], BLUE), (rows["inference_loss"], RED)])
    ax.set_ylabel("loss: training mode blue, predictions red")


def draw_probe(scene: Scene, ax: Axes) -> None:
    """The loss of the training, and that of the inspected batch's predictions, over the epochs."""
    rows, history = scene.evidence.predictions, scene.evidence.history
    assert rows is not None
    assert history is not None
    _draw_two_losses(scene, ax, [(history["loss"], BLUE), (rows["plain_loss"], RED)])
    ax.set_ylabel("loss: training blue, inspected batch red")


def draw_scores(scene: Scene, ax: Axes) -> None:
    """The score of the network's answers at the end, beside that of the best simple model, if one was fitted."""
    rows = scene.evidence.predictions
    assert rows is not None
    last = rows.iloc[-1]
    scores = {"network": max(0.0, last["answer_score"])}
    if last["simple_model"]:
        scores[str(last["simple_model"])] = last["simple_score"]
        _draw_limits(ax, {"simple_part of it": LIMITS.simple_part * last["simple_score"]})
    _draw_bars(ax, list(scores), np.array(list(scores.values())))
    ax.set_xlim(-0.6, 1.6)
    ax.set_ylim(0, 1)
    ax.set_ylabel("score")


def _draw_two_losses(scene: Scene, ax: Axes, curves: list[tuple[pd.Series, str]]) -> None:
    for values, color in curves:
        ax.plot(range(len(values)), values, marker=".", color=color)
    ax.set_yscale("log")
    _use_plain_ticks(ax)
    baseline = scene.inspection.outputs["baseline"].sum()
    _draw_limits(ax, {"constant prediction, inspected batch": baseline}, color=GREY)
    ax.set_xlabel("epoch")


def draw_positions(scene: Scene, ax: Axes) -> None:
    """How far predictions and labels differ from position to position, as part of their size."""
    output = scene.inspection.outputs.iloc[0]
    values = [output[f"{name}_position_std"] / output[f"{name}_size"] for name in ("label", "prediction")]
    _draw_bars(ax, ["labels", "predictions"], values)
    ax.set_ylabel("spread over the positions / size")


def draw_variation(scene: Scene, ax: Axes) -> None:
    """The spread of the predictions over the epochs, as part of that of the labels."""
    rows = scene.evidence.predictions
    assert rows is not None
    ax.plot(rows["epoch"], rows["prediction_std"] / rows["label_std"], marker=".", color=BLUE)
    _draw_limits(ax, {"hardly_vary": LIMITS.hardly_vary})
    ax.set_yscale("log")
    ax.set_ylim(1e-4, 2)
    _use_plain_ticks(ax)
    ax.set_xlabel("epoch")
    ax.set_ylabel("standard deviation, of the labels'")


def draw_losses_of_any_size(scene: Scene, ax: Axes) -> None:
    """The loss over the epochs on a log scale."""
    draw_losses(scene, ax)
    ax.set_yscale("log")
    _use_plain_ticks(ax)


def draw_update_sizes(scene: Scene, ax: Axes) -> None:
    """How far the next step would move each kernel, relative to its size."""
    rows = scene.inspection.gradients
    rows = rows[rows["weight"].str.contains("kernel")]
    _draw_logs(ax, list(rows["layer"]), rows["update_ratio"].to_numpy("float64"))
    ax.axhspan(*plots.epochs.HEALTHY_UPDATE, color="0.9", zorder=0)
    names = ("update_small", "update_warning", "update_large")
    _draw_limits(ax, {name: getattr(LIMITS, name) for name in names})
    ax.set_ylim(1e-9, 1e2)
    ax.set_ylabel("|change| / |weight|")


def draw_kernel_sizes(scene: Scene, ax: Axes) -> None:
    """The norm of each kernel over the epochs, relative to that after the first."""
    log = scene.gradients
    for _, rows in log[log["weight"].str.contains("kernel")].groupby("depth"):
        ax.plot(rows["epoch"], rows["weight_norm"] / rows["weight_norm"].iloc[0], marker=".", color=BLUE)
    ax.set_yscale("log")
    ax.set_ylim(1e-4, 1e1)
    _draw_limits(ax, {"shrunk_weights": LIMITS.shrunk_weights})
    ax.set_xlabel("epoch")
    ax.set_ylabel("|kernel| / |kernel| at first")


def draw_skipped(scene: Scene, ax: Axes) -> None:
    """The steps of each epoch that were made, and those that were skipped."""
    log = scene.gradients.groupby("epoch")[["steps", "nonfinite_steps"]].max()
    _draw_stack(ax, [str(epoch) for epoch in log.index], log["steps"] - log["nonfinite_steps"], log["nonfinite_steps"])
    ax.set_xlabel("epoch")
    ax.set_ylabel("steps")


def draw_seen_steps(scene: Scene, ax: Axes) -> None:
    """The steps of the training at which each layer's gradient was seen, and how far it moved."""
    log = scene.gradients.groupby("layer", sort=False)[["steps", "delta_norm"]].sum()
    weights = scene.gradients.groupby("layer", sort=False)["weight"].nunique()
    _draw_bars(ax, list(log.index), log["steps"].to_numpy() / weights.to_numpy())
    for place in np.flatnonzero((log["steps"] == 0) & (log["delta_norm"] > 0)).tolist():
        ax.text(place, 0.02, "none, but\nit moved", transform=ax.get_xaxis_transform(), ha="center", color=RED)
    ax.set_ylabel("steps with a gradient")


def draw_reach(scene: Scene, ax: Axes) -> None:
    """Where labels and predictions lie, and which numbers the last activation can reach."""
    output = scene.inspection.outputs.iloc[0]
    bounds = find_label_bounds(output["loss"], output["activation"], int(output["units"]))
    bounds = bounds or RANGES.get(output["activation"], (-np.inf, np.inf))
    spans = {
        "labels": (output["label_min"], output["label_max"], BLUE),
        "predictions": (output["prediction_min"], output["prediction_max"], GREEN),
    }
    finite = [value for low, high, _ in spans.values() for value in (low, high)]
    finite += [value for value in bounds if np.isfinite(value)]
    margin = 0.12 * max(np.ptp(finite), 1.0)
    view = min(finite) - margin, max(finite) + margin
    low, high = np.clip(bounds, *view)
    ax.axvspan(low, high, color="0.88", zorder=0)
    for row, (low, high, colour) in enumerate(spans.values()):
        ax.plot([low, high], [row, row], color=colour, linewidth=7, solid_capstyle="butt", alpha=0.6)
        ax.plot([low, high], [row, row], "|", color=colour, markersize=18, markeredgewidth=3)
    ax.set_xlim(*view)
    ax.set_ylim(1.6, -0.6)
    ax.set_yticks([0, 1], list(spans))
    ax.set_xlabel("value (grey: within reach)")


def draw_label_size(scene: Scene, ax: Axes) -> None:
    """The size of labels and first predictions."""
    output = scene.inspection.outputs.iloc[0]
    _draw_logs(ax, ["labels", "predictions"], [output["label_size"], output["prediction_size"]])
    _draw_limits(ax, {name: getattr(LIMITS, name) for name in ("label_size", "label_error")})
    ax.set_ylabel("root mean square")


def draw_inputs(scene: Scene, ax: Axes) -> None:
    """The largest input, and the largest value that the first kernel is given."""
    sizes = scene.inspection.inputs["abs_max"].to_numpy("float64")[[0, -1]]
    _draw_logs(ax, ["input", "what the first\nkernel is given"], sizes)
    _draw_limits(ax, {name: getattr(LIMITS, name) for name in ("input_size", "input_error")})
    ax.set_ylabel("largest |value|")


def draw_features(scene: Scene, ax: Axes) -> None:
    """The smallest and the largest feature of what the first kernel is given."""
    row = scene.inspection.inputs.iloc[-1]
    _draw_logs(ax, ["smallest feature", "largest feature"], [row["scale_min"], row["scale_max"]])
    ax.axhspan(row["scale_min"], row["scale_min"] * LIMITS.feature_range, color="0.9", zorder=0)
    ax.set_ylabel("root mean square")


def draw_spread(scene: Scene, ax: Axes) -> None:
    """The largest spread of a feature, of the input and of what the first kernel is given."""
    _draw_logs(ax, ["input", "what the first\nkernel is given"], scene.inspection.inputs["spread_max"].to_numpy())
    _draw_limits(ax, {name: getattr(LIMITS, name) for name in ("input_small", "input_small_error")})
    ax.set_ylabel("standard deviation")


def draw_heads(scene: Scene, ax: Axes) -> None:
    """The relative entropy of each head."""
    table = scene.inspection.attention
    _draw_bars(ax, [f"head {head}" for head in table["head"]], table["entropy"].to_numpy("float64"))
    ax.set_ylim(0, 1.15)
    _draw_limits(ax, {"attention_entropy": LIMITS.attention_entropy})
    ax.set_ylabel("relative entropy")


def draw_stream(scene: Scene, ax: Axes) -> None:
    """The size of a residual stream before each addition, and of what is added to it."""
    table = scene.inspection.residual
    ax.set_yscale("log")
    for name, color in (("stream_rms", BLUE), ("added_rms", RED)):
        ax.plot(np.arange(len(table)), table[name].to_numpy("float64"), "o-", color=color, markersize=4)
    _use_plain_ticks(ax)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("addition")
    ax.set_ylabel("root mean square")


def draw_padding_weight(scene: Scene, ax: Axes) -> None:
    """The part of each head's attention that goes to padding."""
    table = scene.inspection.attention
    _draw_bars(ax, [f"head {head}" for head in table["head"]], table["padding_weight"].to_numpy("float64"))
    ax.set_ylim(0, 1.15)
    _draw_limits(ax, {"padding_weight": LIMITS.padding_weight})
    ax.set_ylabel("attention to padding")


def draw_label_shape(scene: Scene, ax: Axes) -> None:
    """The loss as it is, and with labels in the predictions' shape."""
    setup = scene.inspection.setup
    aligned = setup["loss"] if np.isnan(setup["loss_aligned"]) else setup["loss_aligned"]
    _draw_bars(ax, ["labels as given", "labels in the\npredictions' shape"], [setup["loss"], aligned])
    ax.set_ylabel("loss")


def draw_answers(scene: Scene, ax: Axes) -> None:
    """The loss of the labels as predictions, and the lowest of predictions that depend on them and of constant ones."""
    losses = scene.inspection.setup["loss_of_answers"]
    names = ["the labels", "the lowest that\ndepend on them", "the lowest\nconstant"]
    _draw_bars(ax, names, [losses[name] for name in ("right", "varying", "constant")])
    ax.set_ylabel("loss")


def draw_ids(scene: Scene, ax: Axes) -> None:
    """The ids that an embedding is given, and those that it has rows for."""
    row = scene.inspection.embeddings.iloc[0]
    ax.barh([0, 1], [row["id_max"] - row["id_min"] + 1, row["input_dim"]], left=[row["id_min"], 0], color=[BLUE, "0.7"])
    ax.set_yticks([0, 1], ["ids", "rows"])
    ax.axvline(row["input_dim"], color=RED, linestyle="--", linewidth=1)
    ax.invert_yaxis()
    ax.set_xlabel("id")


def draw_spreads(scene: Scene, ax: Axes) -> None:
    """How far the units of each hidden layer differ in their weights."""
    rows = scene.inspection.weights
    rows = rows[rows["weight"].str.contains("kernel") & ~rows["layer"].isin(scene.inspection.outputs["layer"])]
    _draw_logs(ax, list(rows["layer"]), rows["unit_spread"].fillna(0).to_numpy("float64"))
    _draw_limits(ax, {"symmetric": LIMITS.symmetric})
    ax.set_ylim(1e-9, 1e2)
    ax.set_ylabel("spread over the units")


def draw_layer_gradients(scene: Scene, ax: Axes) -> None:
    """The gradient of each layer, as bars."""
    table = scene.gradients
    sizes = table.groupby("layer", sort=False)["gradient_norm"].max()
    steps = table.groupby("layer", sort=False)["steps"].max()
    names = list(sizes.index)
    _draw_logs(ax, names, sizes.to_numpy("float64"), ["no gradient" if not steps[name] else "0" for name in names])
    ax.set_ylabel("gradient norm")


def draw_trained(scene: Scene, ax: Axes) -> None:
    """The values of each layer that are trained, and those that are frozen."""
    rows = scene.inspection.weights
    trained = rows["size"].where(rows["trainable"], 0)
    _draw_stack(ax, list(rows["layer"]), trained, rows["size"] - trained, ("trained", "frozen"))
    ax.set_ylabel("values in the kernel")


def draw_dropout(scene: Scene, ax: Axes) -> None:
    """The values of an example that each dropout layer keeps in the mean, and those that it drops."""
    layers: dict[str, tuple[float, int]] = scene.inspection.setup["dropout"]
    kept = pd.Series([(1 - rate) * values for rate, values in layers.values()])
    dropped = pd.Series([rate * values for rate, values in layers.values()])
    _draw_stack(ax, list(layers), kept, dropped, ("kept", "dropped"))
    ax.set_ylabel("values of an example")


def _draw_bars(ax: Axes, names: list[str], values: "np.ndarray | list[float]") -> None:
    ax.bar(np.arange(len(names)), values, color=BLUE, width=0.6)
    _name_layers(ax, names)


def _draw_logs(ax: Axes, names: list[str], values: "np.ndarray | list[float]", words: list[str] | None = None) -> None:
    """Points on a log scale, with a word at the foot where a value is 0 or missing."""
    values = np.asarray(values, "float64")
    x = np.arange(len(values))
    is_shown = np.isfinite(values) & (values > 0)
    ax.set_yscale("log")
    ax.plot(x[is_shown], values[is_shown], "o", color=BLUE, markersize=9)
    for place in x[~is_shown].tolist():
        word = "0" if words is None else words[place]
        ax.text(place, 0.03, word, transform=ax.get_xaxis_transform(), ha="center", color=RED, weight="bold")
    ax.set_xlim(-0.5, len(values) - 0.5)
    ax.margins(y=0.2)
    _use_plain_ticks(ax)
    _name_layers(ax, names)


def _draw_stack(
    ax: Axes, names: list[str], good: pd.Series, bad: pd.Series, labels: tuple[str, str] = ("made", "skipped")
) -> None:
    x, bad = np.arange(len(names)), bad.where(bad > 0)  # no edge around nothing
    ax.bar(x, good, color=BLUE, width=0.6, label=labels[0])
    ax.bar(x, bad, bottom=good, color="white", edgecolor=RED, hatch="///", width=0.6, label=labels[1])
    _name_layers(ax, names)
    ax.set_ylim(0, 1.3 * float((good + bad.fillna(0)).max()))
    ax.legend(fontsize="small", ncols=2, loc="upper center")


def _draw_limits(ax: Axes, limits: dict[str, float], color: str = RED) -> None:
    """Dashed lines with their names."""
    for name, value in limits.items():
        ax.axhline(value, color=color, linestyle="--", linewidth=1, zorder=1)
        ax.annotate(
            name,
            (0.99, value),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            fontsize="small",
            color=color,
            zorder=1.5,  # below the lines
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
        )


def _name_layers(ax: Axes, names: "list[str] | pd.Series") -> None:
    """Names on the x axis, of as many as there is room for."""
    names = [str(name) for name in names]
    step = -(-len(names) // 5)
    chosen = list(range(0, len(names), step))
    ax.set_xticks(chosen, [names[place] for place in chosen])
    if max(len(part) for place in chosen for part in names[place].split("\n")) * len(chosen) > 38:
        ax.set_xticks(chosen, [names[place] for place in chosen], rotation=30, ha="right")


def _use_plain_ticks(ax: Axes) -> None:
    """1e-03 for a tick, as in the package's plots."""
    ax.yaxis.set_major_formatter(LogFormatter())
    ax.yaxis.set_minor_formatter(NullFormatter())


def _drop_legend(ax: Axes) -> None:
    if (legend := ax.get_legend()) is not None:
        legend.remove()
