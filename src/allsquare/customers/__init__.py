"""Companies and people who buy."""
