"""The managers of Derive: standard, portfolio, and portfolio with skew."""
