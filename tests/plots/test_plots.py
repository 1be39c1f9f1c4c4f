from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import keras_vg as vg
from helpers.tables import make_activations, make_block, make_gradients, write_log

mpl.use("agg")


@pytest.fixture
def ax():
    return Figure(layout="constrained").subplots()


@pytest.fixture
def log(tmp_path):
    for name, scale in (("a0", 1), ("a1", 4), ("b0", 100)):
        blocks = [make_block(np.float32([scale, -scale]) * (epoch + 1), epoch) for epoch in range(3)]
        write_log(tmp_path / f"{name}.csv", *blocks)
    log = vg.read_log(str(tmp_path / "*.csv"))
    return log.assign(variant=log["run"].astype(str).str[0])


def get_lines(ax):
    return {line.get_label(): line.get_ydata().tolist() for line in ax.get_lines() if line.get_label()[0] != "_"}


def get_marks(ax):
    """The hollow markers at the edges: x positions of those below and of those above."""
    marks = [line for line in ax.get_lines() if line.get_marker() not in ("None", None) and line.get_label()[0] == "_"]
    below = [x for line in marks if line.get_ydata()[0] < 0.5 for x in line.get_xdata()]
    above = [x for line in marks if line.get_ydata()[0] > 0.5 for x in line.get_xdata()]
    return below, above


def test_a_line_per_group_with_median_and_range(log, ax):
    vg.plots.draw_epochs(log, "delta", by="variant", ax=ax)
    assert get_lines(ax) == {"a": [2.5, 5.0, 7.5], "b": [100.0, 200.0, 300.0]}
    (band,) = ax.collections
    assert sorted(set(band.get_paths()[0].vertices[:, 1])) == [1.0, 2.0, 3.0, 4.0, 8.0, 12.0]
    assert (ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "epoch", "mean |delta| [weight]")


def test_a_line_per_run_on_axes_of_its_own(log):
    ax = vg.plots.draw_epochs(log, "implied_gradient")
    assert [line.get_label() for line in ax.get_lines()] == ["a0", "a1", "b0"]
    assert len({(line.get_color(), line.get_marker(), line.get_linestyle()) for line in ax.get_lines()}) == 3
    with pytest.raises(ValueError, match="must be a numeric column"):
        vg.plots.draw_epochs(log, "loss")


def test_zero_nan_and_infinity_are_shown(ax):
    log = make_gradients([[1.0], [0.0], [np.nan], [np.inf], [2.0]])
    vg.plots.draw_epochs(log, "gradient_rms", ax=ax)
    np.testing.assert_array_equal(get_lines(ax)["run"], [1.0, np.nan, np.nan, np.inf, 2.0])
    assert get_marks(ax) == ([1], [2, 3])
    assert [text.get_text() for text in ax.texts] == ["0", "NaN/inf"]


def test_a_run_that_ended_early_is_no_nan(ax):
    log = pd.concat([make_gradients([[1.0], [1.0]], "long"), make_gradients([[1.0]], "short")])
    vg.plots.draw_epochs(log, "gradient_rms", by="weight", ax=ax)
    assert get_marks(ax) == ([], [])


def test_one_broken_run_of_a_group_is_marked(ax):
    log = pd.concat([make_gradients([[1.0], [1.0]], "fine"), make_gradients([[0.0], [np.nan]], "broken")])
    vg.plots.draw_epochs(log, "gradient_rms", by="weight", ax=ax)
    assert get_marks(ax) == ([0], [1])


def test_nothing_positive_leaves_no_ticks_that_lie(ax):
    vg.plots.draw_epochs(make_gradients([[0.0], [0.0]]), "gradient_rms", ax=ax)
    ax.figure.draw_without_rendering()
    assert get_marks(ax) == ([0, 1], [])
    assert not [label for label in ax.get_yticklabels() if label.get_text()]


@pytest.mark.parametrize("name", ["_hidden", r"$\frac$", "<script>alert(1)</script>", "a" * 80])
def test_odd_names_are_drawn_as_they_are(name, ax):
    vg.plots.draw_epochs(make_gradients([[1.0]], run=name), "gradient_rms", ax=ax)
    ax.figure.draw_without_rendering()
    assert [text.get_text().strip() for text in ax.get_legend().get_texts()] == [name]
    other = Figure(layout="constrained").subplots()
    vg.plots.draw_heatmap(make_gradients([[1.0]], layers=[name]), ax=other)
    other.figure.draw_without_rendering()
    assert other.get_yticklabels()[0].get_text()[:10] == f"0 {name}"[:10]


def test_one_layer_over_the_epochs(ax):
    log = pd.concat([make_gradients([[1.0, 2.0], [0.0, 3.0]], "a"), make_gradients([[5.0, 6.0]], "b")])
    vg.plots.draw_layer(log, ax=ax)
    np.testing.assert_array_equal(get_lines(ax)["a"], [1.0, np.nan])
    assert get_lines(ax)["b"] == [5.0]
    assert get_marks(ax) == ([1], [])
    with pytest.raises(ValueError, match="Received: depth=7. The log has 0, 1"):
        vg.plots.draw_layer(log, depth=7)


def test_depth_with_predicted_decay(ax):
    log = make_gradients([[0.01, 0.1, 1.0], [0.02, 0.0, np.nan]])
    vg.plots.draw_depth(log, decay=0.5, value="gradient_norm", ax=ax)
    lines = get_lines(ax)
    assert lines["run, epoch 0"] == [0.02, 0.2, 2.0]  # the norm of 4 values is twice their RMS
    assert lines["predicted: 0.5 per layer"] == [0.5, 1.0, 2.0]
    assert get_marks(ax) == ([1], [2])
    other = vg.plots.draw_depth(log, ax=Figure().subplots())
    assert get_lines(other)["run, epoch 0"] == [0.01, 0.1, 1.0]
    with pytest.raises(ValueError, match=r"Received: epochs=\[7\]. The log has 0 to 1"):
        vg.plots.draw_depth(log, epochs=[7])
    with pytest.raises(ValueError, match="positive factor per layer"):
        vg.plots.draw_depth(log, decay=0)
    with pytest.raises(ValueError, match="must be one of gradient_norm"):
        vg.plots.draw_depth(log, value="delta")


def test_depth_of_several_runs_shows_the_last_epoch_of_each(ax):
    log = pd.concat([make_gradients([[1.0, 1.0], [1.0, 1.0]], "a"), make_gradients([[1.0, 2.0]], "b")])
    vg.plots.draw_depth(log, ax=ax)
    assert list(get_lines(ax)) == ["a, epoch 1", "b, epoch 0"]


def test_heatmap_shows_zero_and_nan(ax):
    log = make_gradients([[1e-3, 0.0], [1.0, np.nan]])
    vg.plots.draw_heatmap(log, ax=ax)
    mesh, zeros, nans = (artist.get_array() for artist in ax.collections)
    assert mesh.compressed().tolist() == [1e-3, 1.0]
    assert np.argwhere(~np.ma.getmaskarray(zeros).reshape(2, 2)).tolist() == [[1, 0]]
    assert np.argwhere(~np.ma.getmaskarray(nans).reshape(2, 2)).tolist() == [[1, 1]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0", "NaN or inf"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0 dense_0", "1 dense_1"]


def test_heatmap_of_activations_and_its_refusals(ax):
    log = make_activations([[0.25, 0.5]], [[0.0, 1.0]])
    vg.plots.draw_heatmap(log, ax=ax)
    assert ax.collections[0].get_array().ravel().tolist() == [0.25, 0.5]
    with pytest.raises(ValueError, match="of one run with rows"):
        vg.plots.draw_heatmap(pd.concat([log, log.assign(run="other")]))
    with pytest.raises(ValueError, match="must be one of mean"):
        vg.plots.draw_heatmap(log, value="delta")


def test_update_ratio_with_the_band_of_healthy_steps(ax):
    vg.plots.draw_update_ratio(make_gradients([[1.0, 1.0]], steps=100), ax=ax)
    assert get_lines(ax) == {"run": [0.01]}  # 0.02 / 2
    low, high = np.sort(ax.patches[0].get_corners()[:, 1])[[0, -1]]
    np.testing.assert_allclose([low, high], [1e-3, 1.0])  # sqrt(100) * 1e-4, 100 * 1e-2
    with pytest.raises(ValueError, match="A gradient log is needed"):
        vg.plots.draw_update_ratio(make_activations([[0.0]], [[0.0]]))


def test_activations_show_the_worst_layer(ax):
    log = make_activations([[0.25, 0.5], [np.nan, 0.75]], [[0.0, 0.0], [1.0, np.nan]])
    vg.plots.draw_activations(log, ax=ax)
    assert get_lines(ax) == {"saturated": [50.0, 75.0], "dead": [0.0, 100.0]}
    assert get_marks(ax) == ([], [])
    broken = make_activations([[0.0, 0.0]], [[0.0, 0.0]], abs_max=[1.0, np.inf])
    vg.plots.draw_activations(broken, ax=ax)
    assert get_marks(ax) == ([], [0])
    with pytest.raises(ValueError, match="An activation log is needed"):
        vg.plots.draw_activations(make_gradients([[1.0]]))


def test_histogram_of_deltas_has_bars_for_zero_and_nan(tmp_path, ax):
    values = np.float32([0, 0, np.nan, 1e-3, -1e-3, 1e-5, 1e-5, 1e-5])
    vg.plots.draw_deltas(vg.read_log(write_log(tmp_path / "a.csv", make_block(values))), ax=ax)
    bars, zero, nonfinite = (patch.get_data() for patch in ax.patches)
    assert sorted(bars.values[bars.values > 0]) == [25.0, 37.5]
    assert (zero.values.tolist(), nonfinite.values.tolist()) == ([25.0], [12.5])
    assert zero.edges.max() < bars.edges.min() < bars.edges.max() < nonfinite.edges.min()
    with pytest.raises(ValueError, match="Received: epoch=3. The log has 0"):
        vg.plots.draw_deltas(vg.read_log(tmp_path / "a.csv"), epoch=3)


def test_histogram_of_weights_before_and_after(tmp_path, ax):
    first = {**make_block(np.float32([1, 1])), "before": np.float32([0, 0])}
    last = {**make_block(np.float32([1, np.nan]), epoch=1), "before": np.float32([1, 1])}
    vg.plots.draw_weights(vg.read_log(write_log(tmp_path / "a.csv", first, last)), ax=ax)
    assert ax.get_legend_handles_labels()[1] == ["before epoch 0", "after epoch 1 (1 not finite)"]
    before, after = (patch.get_data().values for patch in ax.patches)
    assert (before[0], before[-1], after[-1]) == (100.0, 0.0, 50.0)
    with pytest.raises(ValueError, match="A delta log is needed"):
        vg.plots.draw_weights(make_gradients([[1.0]]))


def test_legends_leave_out_the_type_that_all_names_end_in(ax):
    logs = [make_gradients([[1.0, 2.0]], name) for name in ("a_gradients", "b/gradients")]
    assert list(get_lines(vg.plots.draw_depth(pd.concat(logs), ax=ax))) == ["a, epoch 0", "b, epoch 0"]
    for draw in (
        vg.plots.draw_layer,
        vg.plots.draw_update_ratio,
        lambda log: vg.plots.draw_epochs(log, "gradient_rms"),
    ):
        assert list(get_lines(draw(pd.concat(logs)))) == ["a", "b"]
    assert list(get_lines(vg.plots.draw_layer(logs[0]))) == ["a_gradients"]
    others = [logs[0].assign(run="a_history"), logs[0], make_gradients([[1.0, 2.0]], "b")]
    assert list(get_lines(vg.plots.draw_layer(pd.concat(others[:2])))) == ["a_history", "a_gradients"]
    assert list(get_lines(vg.plots.draw_layer(pd.concat(others[1:])))) == ["a_gradients", "b"]


def test_the_label_says_what_the_mean_is_over(ax):
    log = make_gradients([[1.0, 2.0]])
    first = log[log["depth"] == 0]
    biases = pd.concat([first, first.assign(weight="bias")])
    labels = [vg.plots.draw_epochs(table, "gradient_rms", ax=ax).get_ylabel() for table in (log, first, biases)]
    assert [label.split("\n")[1:] for label in labels] == [
        ["mean over all layers"],
        [],
        ["mean over the layer's weights"],
    ]


@pytest.mark.parametrize(
    "draw",
    [
        vg.plots.choose_panels,
        vg.plots.draw_activations,
        vg.plots.draw_deltas,
        vg.plots.draw_depth,
        lambda log: vg.plots.draw_epochs(log, "delta"),
        vg.plots.draw_heatmap,
        vg.plots.draw_layer,
        vg.plots.draw_update_ratio,
        vg.plots.draw_weights,
    ],
)
def test_a_path_is_not_drawn(draw):
    with pytest.raises(TypeError, match=r"must be a table, as `read_log` returns it. Received: str. Read the file"):
        draw("x.csv")


def test_a_heat_map_needs_the_column_of_runs():
    with pytest.raises(ValueError, match="without the columns run"):
        vg.plots.draw_heatmap(make_gradients([[1.0]]).drop(columns="run"))


@pytest.mark.parametrize("form", [pd.DataFrame, dict, lambda losses: SimpleNamespace(history=losses, epoch=[0, 1])])
def test_losses_of_one_history(form, ax):
    losses = {"loss": [0.7, 0.4], "val_loss": [0.8, 0.5]}
    assert get_lines(vg.plots.draw_losses(form(losses), ax=ax)) == losses


def test_what_has_no_losses_is_not_drawn():
    with pytest.raises(TypeError, match=r"must be a History, its dict or a table. Received: str"):
        vg.plots.draw_losses("history.csv")
    with pytest.raises(ValueError, match="a column `loss`"):
        vg.plots.draw_losses({"accuracy": [0.5]})
    with pytest.raises(ValueError, match="Received: a gradient log"):
        vg.plots.draw_losses(make_gradients([[1.0]]))


def test_panels_refuse_what_they_cannot_draw():
    with pytest.raises(ValueError, match="must have rows to be drawn"):
        vg.plots.choose_panels(make_gradients(np.empty((0, 2))))
    with pytest.raises(ValueError, match=r"columns=\['run', 'time'\]"):
        vg.plots.choose_panels(pd.DataFrame({"run": ["a"], "time": [0]}))


def test_the_heading_of_a_panel_keeps_the_note_of_its_plot():
    figure = vg.plots.draw_panels(vg.plots.choose_panels(make_gradients([[1.0, 2.0]])))
    titles = [ax.get_title() for ax in figure.axes]
    assert "Size of the updates\nsteps per row: 10" in titles
    assert "Gradient, layer by epoch" in titles
