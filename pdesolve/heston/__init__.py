"""Contracts under Heston's stochastic variance, on a plane of spot and variance."""
