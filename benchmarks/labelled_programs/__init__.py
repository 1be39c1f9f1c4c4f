"""Labelled programs, healthy and sick, by which the rules are judged: small models, real faults, three strengths.

Programs with a `theme` stand in a module per theme, healthy and sick beside each other. Those in `held_out` were kept
out of sight of those who write the rules.
"""

from enum import Enum

from labelled_programs import (
    attention,
    branches,
    convolution,
    forum_dense,
    forum_eighth,
    forum_eighth_b,
    forum_eleventh,
    forum_eleventh_b,
    forum_fifteenth,
    forum_fifteenth_b,
    forum_fifth,
    forum_fifth_b,
    forum_fourteenth,
    forum_fourteenth_b,
    forum_images,
    forum_inference,
    forum_mixed,
    forum_ninth,
    forum_ninth_b,
    forum_objectives,
    forum_pictures,
    forum_records,
    forum_sequences,
    forum_seventeenth,
    forum_seventeenth_b,
    forum_seventh,
    forum_seventh_b,
    forum_signals,
    forum_sixteenth,
    forum_sixteenth_b,
    forum_sixth,
    forum_sixth_b,
    forum_steps,
    forum_tables,
    forum_tenth,
    forum_tenth_b,
    forum_texts,
    forum_thirteenth,
    forum_thirteenth_b,
    forum_twelfth,
    forum_twelfth_b,
    generative,
    heads,
    inputs,
    linear,
    midway,
    own_code,
    published_faults,
    recurrent,
    steps,
    text,
    weights,
)
from labelled_programs.healthy_dense import HEALTHY_DENSE
from labelled_programs.healthy_later import HEALTHY_LATER
from labelled_programs.healthy_layers import HEALTHY_LAYERS
from labelled_programs.held_out import HELD_OUT
from labelled_programs.program import STRENGTHS, Program, Trainee, Watched, run_program, watch_program
from labelled_programs.sick_data import SICK_DATA
from labelled_programs.sick_later import SICK_LATER
from labelled_programs.sick_networks import SICK_NETWORKS
from labelled_programs.sick_outputs import SICK_OUTPUTS
from labelled_programs.sick_updates import SICK_UPDATES

__all__ = ["PROGRAMS", "STRENGTHS", "Half", "Program", "Trainee", "Watched", "run_program", "select", "watch_program"]

THEMES = [
    recurrent,
    attention,
    heads,
    steps,
    convolution,
    text,
    branches,
    weights,
    generative,
    own_code,
    inputs,
    linear,
    midway,
    forum_dense,
    forum_eighth,
    forum_eighth_b,
    forum_eleventh,
    forum_eleventh_b,
    forum_fifteenth,
    forum_fifteenth_b,
    forum_fifth,
    forum_fifth_b,
    forum_fourteenth,
    forum_fourteenth_b,
    forum_images,
    forum_inference,
    forum_mixed,
    forum_ninth,
    forum_ninth_b,
    forum_objectives,
    forum_pictures,
    forum_sequences,
    forum_seventh_b,
    forum_seventh,
    forum_seventeenth,
    forum_seventeenth_b,
    forum_sixteenth,
    forum_sixteenth_b,
    forum_sixth,
    forum_sixth_b,
    forum_tables,
    forum_tenth,
    forum_tenth_b,
    forum_records,
    forum_steps,
    forum_texts,
    forum_thirteenth,
    forum_thirteenth_b,
    forum_twelfth,
    forum_twelfth_b,
    forum_signals,
    published_faults,
]

PROGRAMS: list[Program] = [
    *HEALTHY_DENSE,
    *HEALTHY_LAYERS,
    *SICK_NETWORKS,
    *SICK_DATA,
    *SICK_UPDATES,
    *SICK_OUTPUTS,
    *HEALTHY_LATER,
    *SICK_LATER,
    *(program for module in THEMES for program in module.PROGRAMS),
    *HELD_OUT,
]


class Half(str, Enum):
    """Which half of the programs."""

    seen = "seen"
    held_out = "held-out"
    both = "both"


def select(half: Half = Half.both, theme: str = "", match: str = "") -> list[Program]:
    """The programs of a half and a theme whose names hold `match`."""
    chosen = [p for p in PROGRAMS if theme in ("", p.theme) and match in p.name]
    return [p for p in chosen if half is Half.both or p.held_out == (half is Half.held_out)]
