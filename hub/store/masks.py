"""What of a complaint a viewer may not see, taken out before the document leaves the store."""

from collections.abc import Sequence

import orjson

from hub.domain.complaint import Reporter
from hub.domain.reading import HiddenBecause, Reading
from hub.domain.scope import Reach, Scope
from hub.store.mongo import Document
from hub.store.plan import PLACE, covers
from hub.store.vault import Vault

Fields = frozenset[str] | None
"""The stored fields that a caller reads, so that no others are fetched; None for all."""

WORDS = frozenset({"title", "description", "address", "location"})
FOR_NOBODY = frozenset({"raw", "words"})
"""What never leaves the store: the record as it came, and the stems to search by."""

_REPORTER = ("reporter",)


class Masks:
    """Hides words of secret complaints and reporters from one viewer, row by row."""

    def __init__(self, scope: Scope, vault: Vault) -> None:
        self._vault = vault
        # Where every row's secret words are shown, no words have to be guarded.
        self._words = frozenset() if scope.secret_words == scope.rows else WORDS
        self._secret_words = scope.secret_words
        self._reporters = scope.reporters

    def projection(self, fields: Fields) -> Document:
        """What to fetch: what was asked for, and what decides on whether it may be shown."""
        if fields is None:
            return dict.fromkeys(FOR_NOBODY, 0)
        shown = dict.fromkeys(fields - FOR_NOBODY, 1)
        if not fields.isdisjoint(self._words):
            shown |= {"secret": 1, **_decided_by(self._secret_words)}
        if "reporter" in fields:
            # Its place is noted beside whatever is shown.
            shown |= dict.fromkeys(("anonymous", *PLACE), 1)
        return shown

    def put_on(self, documents: Sequence[Document], fields: Fields, reading: Reading) -> None:
        """Hides, in documents fetched by that projection, what this viewer may not see; tells
        `reading` what was hidden, and which reporters were not."""
        words = self._words if fields is None else self._words & fields
        if words:
            for document in documents:
                if document["secret"] and not covers(self._secret_words, document):
                    document.update(dict.fromkeys(words))
                    reading.hide(HiddenBecause.SECRET, words, document["_id"])
        if fields is None or "reporter" in fields:
            for document in documents:
                document["reporter"] = self._reporter(document, reading)

    def _reporter(self, document: Document, reading: Reading) -> Reporter | None:
        id_, sealed = document["_id"], document.get("reporter")
        if not covers(self._reporters, document):
            reading.hide(HiddenBecause.NOT_PERMITTED, _REPORTER, id_)
        elif document["anonymous"]:
            reading.hide(HiddenBecause.ANONYMOUS, _REPORTER, id_)
        elif sealed:
            reading.show_reporter(id_, (document["province"], document["district"]))
            return Reporter(**orjson.loads(self._vault.open(sealed, id_)))
        return None


def _decided_by(reach: Reach) -> Document:
    """What tells whether a reach covers a row; nothing where it covers all or none."""
    return {} if reach.nation or not reach else dict.fromkeys(PLACE, 1)
