from . import grids as grids
from . import plots as plots
from . import report as report
from . import theory as theory
from .callbacks.activation_logger import ActivationLogger as ActivationLogger
from .callbacks.gradient_logger import GradientLogger as GradientLogger
from .callbacks.training_guard import NonFiniteError as NonFiniteError
from .callbacks.training_guard import TrainingGuard as TrainingGuard
from .callbacks.weight_delta_logger import WeightDeltaLogger as WeightDeltaLogger
from .cures.cure import Cure as Cure
from .cures.cure import cure as cure
from .diagnosis import rules as rules
from .diagnosis.evidence import Inspection as Inspection
from .diagnosis.findings import Finding as Finding
from .diagnosis.findings import Findings as Findings
from .diagnosis.rules import diagnose as diagnose
from .inspection.inspect import inspect as inspect
from .inspection.nonfinite.find import find_nonfinite as find_nonfinite
from .inspection.nonfinite.origin import Origin as Origin
from .logs import runs as runs
from .logs.compare import compare as compare
from .logs.reader import read_log as read_log
from .report import write_report as write_report
from .reproductions import claims as claims
from .reproductions import experiments as experiments
from .reproductions import initial_gradients as initial_gradients

__version__: str
