"""A live view of runs in a terminal: their layers' gradients, losses and findings while another process trains."""
