import pytest

from keras_vg.text import shorten_paths


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([], []),
        ([("dense", "kernel"), ("dense", "bias")], ["kernel", "bias"]),
        ([("a", "k"), ("b", "k"), ("b", "c")], ["a/k", "b/k", "c"]),
        ([("k",), ("b", "k")], ["k", "b/k"]),
        ([("a", "k"), ("a", "k")], ["k", "k_1"]),
        ([("k",), ("k",), ("k_1",)], ["k", "k_1", "k_1_1"]),
    ],
)
def test_shorten_paths(paths, names):
    assert shorten_paths(paths) == names
