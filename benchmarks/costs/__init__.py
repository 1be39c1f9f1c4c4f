"""What `overhead.py` trains, and the processes in which it does."""
