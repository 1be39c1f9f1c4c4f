"""The reproductions that the scripts run: each measures, prints and judges one group of claims."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lazy_loader as _lazy

from keras_vg.reproductions.claims import Outcome, Verdict

# `keras_vg.experiments` and `keras_vg.initial_gradients`, which are these modules, are imported at their first use.
__getattr__ = _lazy.attach(__name__, submodules=["experiments", "initial_gradients"])[0]


@dataclass(frozen=True)
class Reproduction:
    """One reproduction: a module in this package, and a script of the same name in `scripts/`.

    Attributes:
        name: Name of the module and of the script.
        expected: Claim id to the outcome that was measured when the reproduction was written.
        has_seeds: Whether it depends on random numbers, so that its `reproduce` takes `seeds` and `jobs`.
        quick: Keyword arguments of its `reproduce` for a run of about a minute.
    """

    name: str
    expected: Mapping[str, Outcome]
    has_seeds: bool = True
    quick: Mapping[str, Any] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """The shell command that runs it."""
        return f"python scripts/{self.name}.py"

    def run(
        self, output: Path, seeds: int | None = None, jobs: int | None = None, quick: bool = False
    ) -> list[Verdict]:
        """Runs it and returns its verdicts.

        Args:
            output: Folder for its logs, tables and pictures.
            seeds: Number of seeds; None for the reproduction's own default. Ignored if it uses no random numbers.
            jobs: Number of processes, as in `keras_vg.grids.run_grid`.
            quick: Whether to leave out measurements that take long and that no verdict needs.
        """
        module = importlib.import_module(f"{__name__}.{self.name}")
        options = dict(self.quick) if quick else {}
        if self.has_seeds:
            options |= {"jobs": jobs} | ({} if seeds is None else {"seeds": seeds})
        verdicts: list[Verdict] = module.reproduce(output=output, **options)
        return verdicts


_ALL = (
    Reproduction(
        "sigmoid_vs_relu",
        {"A1": "holds", "A2": "holds in part", "A3": "does not hold", "A4": "does not hold", "A5": "holds"},
        quick={"epochs": 1, "initializations": 100},
    ),
    Reproduction("batch_normalization", {"A6": "holds in part", "F2": "holds"}, quick={"quick": True}),
    Reproduction("input_scaling", {"A7": "does not hold", "B3": "holds"}, quick={"quick": True, "epochs": 10}),
    Reproduction("saturated_neuron", {"B1": "holds in part", "B2": "holds in part"}, has_seeds=False),
    Reproduction("sigmoid_gradient", {"C1": "holds", "C2": "holds", "C3": "holds"}),
    Reproduction("confident_separator", {"D1": "holds", "D2": "holds in part"}, has_seeds=False),
    Reproduction(
        "deep_linear_chain",
        {"E1": "holds", "E2": "holds", "E3": "does not hold", "E4": "does not hold", "F5": "holds"},
    ),
    Reproduction("learning_rate_overshoot", {"E5": "holds"}, quick={"quick": True}),
    Reproduction("sources_of_vanishing", {"E6": "holds"}, quick={"epochs": 2}),
    Reproduction(
        "initialization",
        {"F1": "holds", "F3": "holds", "F4": "holds", "F6": "holds"},
        quick={"quick": True, "narrow_seeds": 60},
    ),
    Reproduction("dead_narrow_nets", {"F7": "holds in part"}, quick={"quick": True}),
    Reproduction("residual_blocks", {"F8": "holds"}, quick={"quick": True}),
    Reproduction("architectures", {"F9": "holds in part"}, quick={"quick": True}),
    Reproduction("recurrence", {"F10": "holds"}, quick={"quick": True}),
)

REPRODUCTIONS: Mapping[str, Reproduction] = {reproduction.name: reproduction for reproduction in _ALL}
"""All reproductions, by name."""


def find_reproductions(names: "list[str] | tuple[str, ...]") -> list[Reproduction]:
    """Finds the reproductions of claims.

    Args:
        names: Ids of claims (`"A1"`), of groups of them (`"A"`), or names of reproductions; none for all.

    Returns:
        The reproductions, each once, in order.

    Raises:
        ValueError: If a name is none of these.

    Example:
        >>> from keras_vg.reproductions import find_reproductions
        >>> [reproduction.name for reproduction in find_reproductions(["f2", "B1"])]
        ['batch_normalization', 'saturated_neuron']
    """
    found: list[str] = []
    for wanted in names or REPRODUCTIONS:
        matches = [
            name
            for name, reproduction in REPRODUCTIONS.items()
            if wanted == name or any(wanted.upper() in (claim, claim[0]) for claim in reproduction.expected)
        ]
        if not matches or not wanted:
            claims = [claim for reproduction in _ALL for claim in reproduction.expected]
            claims.sort(key=lambda claim: (claim[0], int(claim[1:])))
            raise ValueError(
                f"A claim must be one of {', '.join(claims)}, a letter of them, or one of {', '.join(REPRODUCTIONS)}. "
                f"Received: {wanted!r}."
            )
        found += [name for name in matches if name not in found]
    return [REPRODUCTIONS[name] for name in REPRODUCTIONS if name in found]
