"""The callbacks: what to capture when, and where it goes."""
