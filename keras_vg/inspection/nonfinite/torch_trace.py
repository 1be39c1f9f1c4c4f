"""Records, on torch, the operations of a step that put out values that are not finite."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from keras_vg.inspection.nonfinite.eager_trace import EagerTrace
from keras_vg.inspection.nonfinite.names import name_operation
from keras_vg.inspection.nonfinite.trace import Phase


class TorchTrace(TorchDispatchMode):  # type: ignore[misc, no-untyped-call, unused-ignore]
    """Sees each operation of torch that runs within it, forwards and backwards.

    An operation runs backwards while autograd has a current node, whose number tells which operation of the forward
    pass it is the derivative of.

    Private: `TorchDispatchMode`, the current node and the numbers are what torch's own debugging modes are made of; no
    public hook sees the operations inside autograd.

    Args:
        trace: Where to record.
    """

    def __init__(self, trace: EagerTrace) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self._trace = trace
        self._layers: dict[int, str] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Runs an operation, and records it."""
        kwargs = kwargs or {}
        given = [(t, self._trace.look_up(t)) for t in _list_tensors((args, kwargs))]
        output = func(*args, **kwargs)
        executed = name_operation(func.overloadpacket.__name__)
        node = torch._C._current_autograd_node()
        if node is None or self._trace.scopes.is_inside:
            phase: Phase | None = None
            layer, name = self._trace.scopes.current, executed
            number: int = torch.autograd._get_sequence_nr() - 1  # type: ignore[attr-defined, unused-ignore]
            self._layers.setdefault(number, layer)
        else:
            layer, phase = self._layers.get(node._sequence_nr(), ""), "backward"
            name = name_operation(node.name())
        self._trace.record(name, executed, layer, phase, given, list(_list_tensors(output)))
        return output


def _list_tensors(data: Any) -> Iterator[Any]:
    if isinstance(data, torch.Tensor):
        yield data
    elif isinstance(data, list | tuple):
        for item in data:
            yield from _list_tensors(item)
    elif isinstance(data, dict):
        yield from _list_tensors(tuple(data.values()))


def read(tensor: Any) -> np.ndarray | None:
    """A tensor's values if some are not finite; float32 in place of shorter ones."""
    if not tensor.is_floating_point() or tensor.is_sparse or bool(torch.isfinite(tensor).all()):
        return None
    return tensor.detach().float().cpu().numpy() if tensor.element_size() < 4 else tensor.detach().cpu().numpy()
