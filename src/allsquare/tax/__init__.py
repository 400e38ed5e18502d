"""Tax rates with validity dates, and the pure calculation of tax."""
