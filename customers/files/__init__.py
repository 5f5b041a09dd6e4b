"""Files that people hang on records: kept under names of ours, shown to whoever sees the record."""
