"""Arguments that can't be meant so."""


class ArgumentError(Exception):
    """What is asked can't be: `argument` is the one to change, the text says why."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(message)
        self.argument = argument
