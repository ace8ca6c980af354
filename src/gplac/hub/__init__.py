"""Trained runs, handed on: a card, the files that others need, and repositories on the Hugging Face Hub."""
