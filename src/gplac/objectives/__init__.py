"""Sections 3, 4 and 6.1: one file for each term of the loss. `objective.py` says what a term is."""
