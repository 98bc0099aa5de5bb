"""Many vanilla contracts side by side in vector registers."""
