"""Products and services with their prices."""
