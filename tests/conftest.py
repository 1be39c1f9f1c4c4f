"""What several rooms' tests share: one small set of real trainings."""

import pytest

from keras_vg.reproductions import experiments


@pytest.fixture(scope="session")
def circle_runs(tmp_path_factory):
    """The sigmoid, tanh and ReLU runs of the experiment with seed 0, two epochs each."""
    folder = tmp_path_factory.mktemp("circles")
    return list(experiments.run_variants(experiments.SIGMOID_VS_RELU, [0], epochs=2, output=folder))
