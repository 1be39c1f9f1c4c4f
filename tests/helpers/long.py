"""Which cases of a large set run by default. `-m long` runs the others."""

import itertools
from collections.abc import Mapping

import pytest


def cross(*sets):
    """All combinations of one value from each set, by their joined names. A set that is no mapping names its values."""
    mappings = [values if isinstance(values, Mapping) else dict(zip(values, values, strict=True)) for values in sets]
    return {
        "-".join(names): tuple(mapping[name] for mapping, name in zip(mappings, names, strict=True))
        for names in itertools.product(*mappings)
    }


def shorten(cases, chosen):
    """Parameters for `pytest.mark.parametrize`.

    Args:
        cases: All cases, by their ids.
        chosen: Ids of those that run by default; the others are marked `long`.
    """
    if unknown := set(chosen) - set(cases):
        raise ValueError(f"What is chosen must be among the cases. Received: {sorted(unknown)}")
    marks = {name: () if name in chosen else (pytest.mark.long,) for name in cases}
    return [pytest.param(*case, id=name, marks=marks[name]) for name, case in cases.items()]
