from . import claims as claims
from . import experiments as experiments
from . import grids as grids
from . import initial_gradients as initial_gradients
from . import plots as plots
from . import report as report
from . import runs as runs
from . import theory as theory
from .activation_logger import ActivationLogger as ActivationLogger
from .callbacks import GradientLogger as GradientLogger
from .callbacks import WeightDeltaLogger as WeightDeltaLogger
from .evidence import Inspection as Inspection
from .findings import Finding as Finding
from .findings import Findings as Findings
from .guard import TrainingGuard as TrainingGuard
from .inspection import inspect as inspect
from .report import write_report as write_report
from .rules import diagnose as diagnose
from .tables import compare as compare
from .tables import read_log as read_log

__version__: str
