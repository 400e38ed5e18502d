"""One write operation per file."""
