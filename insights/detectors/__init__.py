"""Ways to find the strange: one file each, found by the registry. Higher is stranger, 0 to 1."""
