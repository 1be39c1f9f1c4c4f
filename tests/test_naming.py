import pytest

from keras_vg.naming import shorten_paths


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([], []),
        ([("dense", "kernel"), ("dense", "bias")], ["kernel", "bias"]),
        ([("a", "k"), ("b", "k"), ("b", "c")], ["a/k", "b/k", "c"]),
        ([("k",), ("b", "k")], ["k", "b/k"]),
        ([("a", "k"), ("a", "k")], ["a/k", "a/k_1"]),
    ],
)
def test_shorten_paths(paths, names):
    shortened = shorten_paths(paths)
    if len(set(paths)) == len(paths):
        assert shortened == names
    assert len(set(shortened)) == len(paths)
