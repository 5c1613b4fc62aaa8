"""Writes of the core app, one function each: one transaction, one audit event."""
