"""The liquidation map and what it answers."""
