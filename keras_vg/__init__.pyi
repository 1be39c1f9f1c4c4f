from . import claims as claims
from . import experiments as experiments
from . import grids as grids
from . import initial_gradients as initial_gradients
from . import plots as plots
from . import theory as theory
from .callbacks import GradientLogger as GradientLogger
from .callbacks import WeightDeltaLogger as WeightDeltaLogger
from .tables import compare as compare
from .tables import read_log as read_log

__version__: str
