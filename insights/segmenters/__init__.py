"""Ways to divide customers into groups: one file each, found by the registry."""
