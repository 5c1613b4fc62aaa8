"""[shell] Template tags of extraction."""
