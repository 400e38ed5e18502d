"""Days of a business, simulated: see ``tests.faults.simulate``."""
