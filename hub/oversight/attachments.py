"""What may be attached to the readiness register: scans and pictures, told by their content."""

import re
from pathlib import PurePosixPath

MOST_BYTES = 5 << 20
LONGEST_NAME = 100
_TYPES = (
    (b"%PDF-", "application/pdf", (".pdf",)),
    (b"\x89PNG\r\n\x1a\n", "image/png", (".png",)),
    (b"\xff\xd8\xff", "image/jpeg", (".jpg", ".jpeg")),
)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class AttachmentError(Exception):
    """A file that can't be attached; the text says why."""


def checked(name: str, content: bytes) -> tuple[str, str]:
    """The name that a file is kept under, and its media type, whatever it was said to be. Raises
    AttachmentError."""
    for signature, media_type, endings in _TYPES:
        if content.startswith(signature):
            return _named(name, endings), media_type
    raise AttachmentError("the file is no PDF, PNG or JPEG, whatever its name says")


def _named(name: str, endings: tuple[str, ...]) -> str:
    """A name that leads nowhere, shows what it is and ends as its content does."""
    shown = _UNSEEN.sub("", PurePosixPath(name.replace("\\", "/")).name).strip() or "lampiran"
    ending = next((each for each in endings if shown.lower().endswith(each)), None)
    if ending is None:
        return shown[: LONGEST_NAME - len(endings[0])] + endings[0]
    return shown[: -len(ending)][: LONGEST_NAME - len(ending)] + ending
