import numpy as np
import pandas as pd
import pytest

from helpers.tables import make_gradients
from keras_vg.logs.layers import measure_updates, reduce_layers


@pytest.mark.parametrize("scale", [1.0, 1e-40, 1e200])
def test_layers_join_their_weights(scale):
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(7, 6)), rng.normal(size=(7, 3))  # gradients at 7 steps
    rows = [
        make_gradients([[scale * np.sqrt((g**2).mean())]], weight=weight, size=g.shape[1], steps=7)
        for weight, g in (("kernel", kernel), ("bias", bias))
    ]
    (layer,) = reduce_layers(pd.concat(rows)).to_dict("records")
    both = np.hstack([kernel, bias])
    assert (bias**2).mean() > (kernel**2).mean()
    np.testing.assert_allclose(layer["gradient_rms"], scale * np.sqrt((bias**2).mean()), rtol=1e-12)
    np.testing.assert_allclose(layer["gradient_norm"], scale * np.sqrt((both**2).sum(1).mean()), rtol=1e-12)


def test_layers_join_the_rows_of_an_epoch():
    first = make_gradients([[3.0]], step=1, steps=2, delta_norm=1.0, weight_norm=2.0)
    last = make_gradients([[6.0]], step=4, steps=3, delta_norm=1.0, weight_norm=4.0)
    (layer,) = reduce_layers(pd.concat([first, last])).to_dict("records")
    np.testing.assert_allclose(layer["gradient_rms"], np.sqrt((2 * 9 + 3 * 36) / 5))
    np.testing.assert_allclose(layer["gradient_norm"], np.sqrt(4) * layer["gradient_rms"])
    assert layer["update_ratio"] == (1 / 2 + 1 / 4) / 2


def test_a_weight_without_gradient_has_no_say_and_one_without_a_finite_one_has():
    used = make_gradients([[2.0]])
    unused = make_gradients([[np.nan]], weight="bias", steps=0)
    broken = make_gradients([[np.nan]], weight="bias", nonfinite_steps=10)
    assert reduce_layers(pd.concat([used, unused]))["gradient_rms"].tolist() == [2.0]
    assert reduce_layers(pd.concat([used, unused]))["gradient_norm"].tolist() == [4.0]
    assert reduce_layers(pd.concat([used, broken]))["gradient_rms"].isna().all()
    assert reduce_layers(unused)["gradient_rms"].isna().all()


def test_updates_of_one_run_are_those_of_the_joined_table():
    """Several weights per layer, several rows per epoch, and an epoch in which a layer has no row."""
    rng = np.random.default_rng(0)
    parts = [
        make_gradients(rng.random((4, 3)), step=step, weight=weight).assign(delta_norm=rng.random(12), weight_norm=1.5)
        for step in (4, 9)
        for weight in ("kernel", "bias")
    ]
    log = pd.concat(parts, ignore_index=True)
    log = log[(log["epoch"] != 2) | (log["depth"] != 1)]
    table = reduce_layers(log).pivot(index="epoch", columns="depth", values="update_ratio")
    updates = measure_updates(log)
    np.testing.assert_array_equal(updates, table.to_numpy())
    assert np.isnan(updates[2, 1])
    first = log[(log["epoch"] == 0) & (log["depth"] == 0)]
    change = [np.sqrt((rows["delta_norm"] ** 2).sum()) for _, rows in first.groupby("step")]
    np.testing.assert_allclose(updates[0, 0], np.mean(change) / np.sqrt(2 * 1.5**2))
