"""Long work: exports of lists, acts on many rows, and jobs that went wrong."""
