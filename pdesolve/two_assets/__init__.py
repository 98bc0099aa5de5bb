"""Options on two assets, on a plane of their spots."""
