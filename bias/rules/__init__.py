"""Pure rules of the bias app."""
