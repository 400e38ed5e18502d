"""Pages for people: the hosted payment page with its fields, and the control panel. None needs JavaScript."""
