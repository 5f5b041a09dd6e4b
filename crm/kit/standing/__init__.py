"""Standing exports: a list written to a file again and again, with what its owner may see at that moment."""
