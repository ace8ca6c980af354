"""Distributions of shapes, textures, lights and distractors, and packs of the user's own."""
