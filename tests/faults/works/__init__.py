"""What is killed at every step, at every adapter: see ``tests.faults.matrix``."""
