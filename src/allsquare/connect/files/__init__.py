"""Files of exports: the part file of a run, and what is handed out."""
