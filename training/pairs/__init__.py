"""Generators of labelled text pairs for the verifier."""
