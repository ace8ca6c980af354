"""A user's own data, brought into gplac's form: one file for each format that is read."""
