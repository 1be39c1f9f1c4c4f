"""All sections, under their headings, in the order of the page."""

from rule_pages.section import Section
from rule_pages.sections_attention import ATTENTION
from rule_pages.sections_backends import BACKENDS
from rule_pages.sections_data import DATA
from rule_pages.sections_inputs import INPUTS
from rule_pages.sections_network import NETWORK
from rule_pages.sections_recurrence import RECURRENCE
from rule_pages.sections_residual import RESIDUAL
from rule_pages.sections_steps import STEPS
from rule_pages.sections_unseen import UNSEEN

HEADINGS: dict[str, list[Section]] = {
    "Data, labels and the output layer": [*DATA, *INPUTS],
    "Steps and the loss": STEPS,
    "Weights, units and gradients": NETWORK,
    "Time steps of recurrent layers": RECURRENCE,
    "Attention and adapters": ATTENTION,
    "Residual streams": RESIDUAL,
    "What optimizers and backends do": BACKENDS,
    "What is not trained, and what could not be judged": UNSEEN,
}

SECTIONS: dict[str, Section] = {section.rule: section for part in HEADINGS.values() for section in part}
"""By the name of the rule."""
