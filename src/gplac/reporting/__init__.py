"""Showing what was measured: charts, films, feature points, tables, one page; beside what the paper published."""
