"""How good the data are: rules over rows, checked every night, with their trend, the rows behind, and ways to mend.

``kinds`` are the questions that a rule can ask, ``subjects`` what can be asked about, ``run`` asks them all,
``fixes`` mend many rows at once. Apps above enter their own subjects and kinds, and hear of results, in
their ``quality`` modules.
"""
