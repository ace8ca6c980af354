"""Its being here puts this folder on the path: the sources that tests import are written beside it."""
