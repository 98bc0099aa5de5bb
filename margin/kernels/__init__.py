"""Compiled kernels of ``margin``: arrays and numbers in, the last arguments out, no checks."""
