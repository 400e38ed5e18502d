"""Keeping the catalogues of `src/allsquare/locale` in step with the sources."""
