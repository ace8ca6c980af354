"""Visuomotor policies that work in new places, from demonstrations of one place and weakly labelled photographs."""
