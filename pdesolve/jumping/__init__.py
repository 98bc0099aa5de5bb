"""Spot that jumps: laws, models, and the integral that a march takes."""
