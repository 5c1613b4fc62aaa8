"""Forms of the extraction app, one module per noun."""
