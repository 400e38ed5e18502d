"""One adapter per file or folder, each a stranger to the others; what all do alike is in ``shared``."""
