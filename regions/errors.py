"""What goes wrong with a data folder."""


class DataError(ValueError):
    """A fault in a data folder: the message names file, row and column, what was found and what is allowed."""
