"""What a letter makes of its figures, whatever these are."""

from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import orjson

from tests.oversight.letter_pages import made, text_of

OF_TEMPLATE_1 = Path(__file__).with_name("figures_of_template_1.json")


async def test_letters_of_the_first_template_are_made_as_they_were() -> None:
    """By the very files that made them."""
    templates = files("hub.oversight.letters") / "template_1"
    by_name = sorted(templates.iterdir(), key=lambda file: file.name)
    together = sha256(b"".join(file.read_bytes() for file in by_name)).hexdigest()
    assert together == "493cf748d52df7dd8667f52bddc3cc8cb7fc81f519efc7460be4a5956192a3b1"
    said = text_of(await made(orjson.loads(OF_TEMPLATE_1.read_bytes()), template="1"))
    assert "Dari 80 laporan Covid-19, 55 atau 68,8% ditindaklanjuti dan tidak ada yang" in said
    assert "1 Kabupaten Kepulauan Selayar 10 8 80,0%" in said
