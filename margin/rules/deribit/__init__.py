"""Standard and portfolio margin of Deribit."""
