"""The import wizard: upload, map, check, run, result; a draft waits at each step until its owner comes back."""
