"""The settings: one page per file; ``shell`` holds their own navigation."""
