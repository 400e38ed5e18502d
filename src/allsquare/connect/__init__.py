"""What leaves the house for other programs: exports of lists."""
