"""Local volatility, given or drawn from an implied surface."""
