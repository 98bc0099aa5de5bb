"""Value at risk and expected shortfall as margin rules."""
