"""Cures: remedies as changes of a model, its data and its options, and the trials that prove them."""
