"""The sample workspace: a seeded generator of a coffee and tea merchant's three years.

numpy is imported only here below, and this package only by the ``demo`` command: web processes
never load it. Same seed, size and day give the same rows.
"""
