"""The report on an account: one self-contained HTML page."""
