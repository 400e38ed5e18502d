"""An installation of an earlier release, kept as the backup of it: see ``make``."""
