"""Whether `find_nonfinite` finds twenty planted faults, and is silent at their healthy neighbours.

    KERAS_BACKEND=jax python benchmarks/nonfinite.py

prints a table, one row per fault, and the counts; a few minutes on two cores.
"""

import argparse
import time

import keras

import keras_vg as vg
from nonfinite_programs import FAULTS, Fault


def is_layer_right(fault: Fault, origin: vg.Origin) -> bool:
    """Whether phase, layer and, where one row shows it, the row are those of the fault."""
    is_row_right = fault.row is None or origin.rows == (fault.row,)
    return (origin.phase, origin.layer) == (fault.phase, fault.layer) and is_row_right


def is_operation_right(fault: Fault, origin: vg.Origin) -> bool:
    """Whether the operation is right; of data and weights there is none."""
    return origin.operation in (fault.operations or {""})


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only faults whose name contains this")
    only = parser.parse_args().only
    faults = [fault for fault in FAULTS if only in fault.fault]
    layers = operations = silent = 0
    print(f"Keras {keras.__version__} on {keras.backend.backend()}\n")
    print("| fault | model | expected | found | neighbour | seconds |\n| --- | --- | --- | --- | --- | --- |")
    for fault in faults:
        start = time.perf_counter()
        keras.utils.set_random_seed(0)
        model, *data = fault.build(True)
        origin = vg.find_nonfinite(model, *data)
        seconds = time.perf_counter() - start
        keras.utils.set_random_seed(0)
        model, *data = fault.build(False)
        neighbour = vg.find_nonfinite(model, *data)
        layers += is_layer_right(fault, origin)
        operations += is_layer_right(fault, origin) and is_operation_right(fault, origin)
        silent += not neighbour
        expected = " ".join([fault.phase, fault.layer, "/".join(sorted(fault.operations))])
        found = " ".join([origin.phase, origin.layer, origin.operation, ",".join(map(str, origin.rows[:3]))])
        is_right = is_layer_right(fault, origin) and is_operation_right(fault, origin)
        print(
            f"| {fault.fault} | {fault.model} | {expected} | {found}{'' if is_right else ' (wrong)'} | "
            f"{str(neighbour) if neighbour else 'nothing'} | {seconds:.1f} |",
            flush=True,
        )
    count = len(faults)
    print(f"\nlayer right in {layers} of {count}, operation in {operations}, nothing in {silent} of {count} neighbours")


if __name__ == "__main__":
    main()
