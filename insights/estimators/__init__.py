"""Churn estimators: one file each; every one ends as a flat model that is plain data and explains itself."""
