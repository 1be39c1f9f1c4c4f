"""Labelled programs, healthy and sick, by which the rules are judged: small models, real faults, three strengths."""

from labelled_programs.healthy_dense import HEALTHY_DENSE
from labelled_programs.healthy_layers import HEALTHY_LAYERS
from labelled_programs.held_out_healthy import HELD_OUT_HEALTHY
from labelled_programs.held_out_sick import HELD_OUT_SICK
from labelled_programs.program import STRENGTHS, Program, Trainee, run_program
from labelled_programs.sick_data import SICK_DATA
from labelled_programs.sick_networks import SICK_NETWORKS
from labelled_programs.sick_outputs import SICK_OUTPUTS
from labelled_programs.sick_updates import SICK_UPDATES

__all__ = ["PROGRAMS", "STRENGTHS", "Program", "Trainee", "run_program"]

PROGRAMS: list[Program] = [
    *HEALTHY_DENSE,
    *HEALTHY_LAYERS,
    *SICK_NETWORKS,
    *SICK_DATA,
    *SICK_UPDATES,
    *SICK_OUTPUTS,
    *HELD_OUT_HEALTHY,
    *HELD_OUT_SICK,
]
