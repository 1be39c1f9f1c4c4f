"""Programs that were kept out of sight of those who write the rules, a module per theme."""

from dataclasses import replace

from labelled_programs.held_out import attention, convolution, heads, inputs, networks, own_code, recurrent, steps, text
from labelled_programs.program import Program

THEMES = [recurrent, attention, heads, steps, convolution, text, networks, inputs, own_code]

HELD_OUT: list[Program] = [replace(program, held_out=True) for module in THEMES for program in module.PROGRAMS]
