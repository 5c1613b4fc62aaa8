"""Files that are read as extraction forms."""
