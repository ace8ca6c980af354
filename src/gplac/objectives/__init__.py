"""Sections 3 and 4: one file for each term of the loss. `objective.py` says what a term is."""
