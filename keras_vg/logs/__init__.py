"""Logs as CSV: their columns, and those who write, read and compare them. Knows no Keras."""
