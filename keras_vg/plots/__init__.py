"""Plots of logs: each function takes a table and an `Axes`, and returns the `Axes`.

A log scale cannot show zeros, NaN and infinities, and those are the values that matter most: they are drawn as hollow
markers, zeros along the lower edge of the axes, the others along the upper edge.
"""

from keras_vg.plots.depth import draw_depth, draw_heatmap
from keras_vg.plots.epochs import draw_activations, draw_epochs, draw_layer, draw_losses, draw_update_ratio
from keras_vg.plots.histograms import draw_deltas, draw_weights
from keras_vg.plots.panels import choose_panels, draw_panels
from keras_vg.plots.time import draw_time
from keras_vg.plots.trials import draw_trials

__all__ = [
    "choose_panels",
    "draw_activations",
    "draw_deltas",
    "draw_depth",
    "draw_epochs",
    "draw_heatmap",
    "draw_layer",
    "draw_losses",
    "draw_panels",
    "draw_time",
    "draw_trials",
    "draw_update_ratio",
    "draw_weights",
]
