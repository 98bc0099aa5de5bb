"""Accounts with several underlyings: thresholds along a path, and the map of two names."""
