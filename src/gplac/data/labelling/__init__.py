"""Sorting a user's own photographs into "object in the picture: yes or no", on a local web page: ``gplac label``."""
