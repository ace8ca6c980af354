"""Its being here puts this folder on the path: helpers beside it can be imported from every room's tests."""
