"""Runs the `keras-vg` command as `python -m keras_vg`."""

from keras_vg.cli import app

app(prog_name="keras-vg")
