"""Compiled loops over arrays and numbers; they know numpy, numba and math, and check nothing."""
