"""Demonstrations and weakly labelled images: what they are on disk, and how they are collected, checked and loaded."""
