"""Real architectures at small size and random weights, on which the whole set of loggers is tried."""

from real_architectures.applications import APPLICATIONS
from real_architectures.architecture import BACKENDS, Architecture
from real_architectures.generative import GENERATIVE
from real_architectures.hub import HUB
from real_architectures.networks import NETWORKS
from real_architectures.optimizers import OPTIMIZERS
from real_architectures.sequences import SEQUENCES
from real_architectures.trial import TOLERANCE, Result, run_trial

__all__ = ["ARCHITECTURES", "BACKENDS", "TOLERANCE", "Architecture", "Result", "run_trial"]

ARCHITECTURES: list[Architecture] = [*APPLICATIONS, *HUB, *NETWORKS, *GENERATIVE, *SEQUENCES, *OPTIMIZERS]
