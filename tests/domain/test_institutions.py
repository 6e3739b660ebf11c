from hub.domain.institutions import Institution, institutions_in


def test_a_list_is_read() -> None:
    lines = [
        "name,region,decree,also",
        "Pemerintah  Kota Makassar,73.71,188.4/1/2020,Pemkot Makassar | PEMKOT MKS",
        "Dinas PU,73,,",
        "Dinas PU,74,,",
    ]
    makassar, here, there = institutions_in(lines)
    assert makassar == Institution(
        "Pemerintah Kota Makassar",
        "73",
        "73.71",
        "188.4/1/2020",
        ("Pemkot Makassar", "PEMKOT MKS"),
    )
    assert makassar.keys >= {("73", "pemkot mks"), ("73", "pemerintah kota makassar")}
    assert (here.district, here.decree, here.also) == (None, None, ())
    assert here.keys.isdisjoint(there.keys)
