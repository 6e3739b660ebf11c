"""What build tools write is read; what could not be answered is not registered."""

from hashlib import sha256
from typing import Any

import pytest

from hub.schema.manifest import LONGEST_DOCUMENT, ManifestError, documents_in
from hub.schema.schema import core_schema

VIEWER = "query Viewer { viewer { id } }"
PAUSE = 'mutation Pause { pauseConnector(name: "a", reason: "b") { name } }'


def id_of(document: str) -> str:
    return sha256(document.encode()).hexdigest()


def test_manifests_of_relay_codegen_and_apollo_are_read() -> None:
    expected = {id_of(VIEWER): VIEWER, id_of(PAUSE): PAUSE}
    assert documents_in(expected, core_schema) == expected
    prefixed = {f"sha256:{id_}": text for id_, text in expected.items()}
    assert documents_in(prefixed, core_schema) == expected
    by_apollo = {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [
            {"id": id_, "name": "A", "type": "query", "body": text}
            for id_, text in expected.items()
        ],
    }
    assert documents_in(by_apollo, core_schema) == expected


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ([], "SHA-256"),
        ("x", "SHA-256"),
        ({}, "no operation"),
        ({"operations": []}, "no operation"),
        ({"operations": {}}, "has to be a list"),
        ({"operations": [{"body": VIEWER}]}, r"operations\[0\] has no `id`"),
        ({"operations": [{"id": id_of(VIEWER)}]}, "is no document"),
        ({id_of(VIEWER): None}, "is no document"),
        ({"d41d8cd98f00b204e9800998ecf8427e": VIEWER}, "hashAlgorithm"),
        ({id_of(VIEWER): f"{VIEWER} "}, "not the SHA-256"),
        *(
            ({id_of(wrong): wrong}, told)
            for wrong, told in (
                ("{ viewer { nothing } }", "Cannot query field 'nothing'"),
                ("{ viewer { id }", "Syntax Error"),
                ("{ viewer { id } } query B { viewer { id } }", "the only defined operation"),
                ("query A { viewer { id } } query B { viewer { id } }", "several operations"),
                ("fragment A on Viewer { id }", "never used"),
                ("{" + "viewer { id } " * 300 + "}", "too large"),
                (VIEWER + " " * LONGEST_DOCUMENT, "64 KiB"),
            )
        ),
    ],
)
def test_what_can_not_be_registered_is_told(manifest: Any, told: str) -> None:
    with pytest.raises(ManifestError, match=told):
        documents_in(manifest, core_schema)


def test_each_problem_is_told_up_to_twenty() -> None:
    wrong = {id_of(f"{{ a{n} }}"): f"{{ a{n} }}" for n in range(25)}
    with pytest.raises(ManifestError) as told:
        documents_in({id_of(VIEWER): VIEWER} | wrong, core_schema)
    lines = str(told.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 5 more"
