"""Two short logs."""

import numpy as np
import pytest

from helpers.tables import make_block, write_log

A, B = np.float32([1, -3]), np.float32([-10, 30])


@pytest.fixture
def logs(tmp_path):
    paths = {name: tmp_path / f"{name}.csv" for name in ("a", "b")}
    write_log(paths["a"], make_block(A), make_block(2 * A, epoch=1))
    write_log(paths["b"], make_block(B, layer="dense_17"))
    return paths
