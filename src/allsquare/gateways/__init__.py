"""One adapter per file, each a stranger to the others."""
