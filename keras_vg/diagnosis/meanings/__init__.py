"""What each rule sees, when it is an error, and by which thresholds, in words."""

from keras_vg.diagnosis.meanings.attention import ATTENTION
from keras_vg.diagnosis.meanings.backends import BACKENDS
from keras_vg.diagnosis.meanings.data import DATA
from keras_vg.diagnosis.meanings.inputs import INPUTS
from keras_vg.diagnosis.meanings.meaning import Meaning
from keras_vg.diagnosis.meanings.network import NETWORK
from keras_vg.diagnosis.meanings.recurrence import RECURRENCE
from keras_vg.diagnosis.meanings.residual import RESIDUAL
from keras_vg.diagnosis.meanings.steps import STEPS
from keras_vg.diagnosis.meanings.unseen import UNSEEN

MEANINGS: dict[str, Meaning] = {
    **DATA,
    **STEPS,
    **NETWORK,
    **BACKENDS,
    **ATTENTION,
    **RESIDUAL,
    **INPUTS,
    **RECURRENCE,
    **UNSEEN,
}
"""By the name of the rule."""

__all__ = ["MEANINGS", "Meaning"]
