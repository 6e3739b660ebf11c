"""What can become of a complaint in the eyes of somebody who watches some of them."""

from enum import StrEnum


class ChangeKind(StrEnum):
    """How a change looks from within a scope and a condition: what moves into them is created
    there, what moves out of them is gone, wherever it was before and is now."""

    CREATED = "created"
    UPDATED = "updated"
    GONE = "gone"
