"""The layout of a record page, made without code: which parts it shows, where and in which order."""
