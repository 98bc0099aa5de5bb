"""Ten-point portfolio margin with offsets inside and across product groups."""
