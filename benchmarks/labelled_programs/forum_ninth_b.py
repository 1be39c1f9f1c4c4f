"""Second half."""

PROGRAMS = []
