"""One file per figure, each with ``measure(effort) -> Figure``; ``bench.__main__`` lists them."""
