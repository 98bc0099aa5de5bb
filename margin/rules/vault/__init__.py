"""Vaults of the Opyn kind."""
