"""What people are asked to agree to."""

from hub.auth.pages import in_words
from hub.domain.scope import Permission


def test_whoever_agrees_is_told_of_every_permission() -> None:
    for permission in Permission:
        assert in_words(frozenset({permission})), permission
