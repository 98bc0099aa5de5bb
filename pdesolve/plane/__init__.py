"""Contracts on a plane: spot and one more coordinate, the variance or another spot."""
