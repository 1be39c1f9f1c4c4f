"""Programs that were kept out of sight of those who write the rules, a module per theme."""

from dataclasses import replace

from labelled_programs.program import Program

THEMES: list = []

HELD_OUT: list[Program] = [replace(program, held_out=True) for module in THEMES for program in module.PROGRAMS]
