"""Prices in closed form, by series and by integrals: the references of the solver."""
