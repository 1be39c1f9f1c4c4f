"""The stories of docs/cure.md, run as they stand but for fewer epochs and seeds."""

import re
from pathlib import Path

import matplotlib as mpl
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "cure.md"

QUICK = {"seeds=3": "seeds=2, progress=False", "epochs=30": "epochs=12"}


def find_blocks():
    return re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.long  # two minutes of training; the tests of `cure` run the same on smaller models
def test_stories_end_with_a_proven_cure():
    mpl.use("agg")
    names, cures = {}, []
    for block in find_blocks():
        for long, short in QUICK.items():
            block = block.replace(long, short)
        exec(compile(block, str(PAGE), "exec"), names)
        if "vg.cure(" in block:
            cures.append(names["cure"])
    assert [found.status for found in cures] == ["proven"] * 3
    assert "labels standardized in the model" in cures[1].changes
    assert cures[2].changes == ("the head that the labels ask for",)
    assert all(found.findings_after.is_healthy for found in cures)
