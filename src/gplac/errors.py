"""The one exception that is a user's to mend; the command line prints it as a sentence."""


class UserError(Exception):
    """Bad input. The message says what is wrong, where, and how to mend it."""
