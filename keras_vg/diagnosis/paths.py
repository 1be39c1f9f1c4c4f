"""On which paths from an input to an output the gradients of layers are compared."""

import re
from collections.abc import Sequence

from keras_vg.diagnosis.series import GradientSeries

_LOGITS = re.compile(r"(^|[/_])(query|key)(_dense)?$")

Path = tuple[int, ...]


def makes_logits(layer: str) -> bool:
    """Whether a layer, by its name, makes the queries or keys of an attention.

    Its gradient is small by nature, since a softmax of about even values hardly depends on them.
    """
    return bool(_LOGITS.search(layer))


def list_paths(series: GradientSeries, known: Sequence[Path]) -> tuple[Path, ...]:
    """Lists paths as the depths of their layers.

    Args:
        series: A gradient log.
        known: The paths of the model's graph; none where it is not known.

    Returns:
        These, or one of all layers but those that make queries and keys.
    """
    if known:
        return tuple(known)
    names = {depth: series.name_layer(depth) for depth in series.layer_depths.tolist()}
    return (tuple(depth for depth, name in names.items() if not makes_logits(name)),)
