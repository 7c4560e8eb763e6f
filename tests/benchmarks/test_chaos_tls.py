"""Certificates for the rows that need TLS."""

from __future__ import annotations

from benchmarks.chaos.tls import lay, secured


def test_the_first_certificate_lies_in_place_and_another_can_take_it() -> None:
    """Certificate and key belong together each time."""
    with secured(2) as made:
        first, second = made.pairs
        for pair in (first, second):
            lay(pair, made.folder)
            assert (made.folder / "site.pem").read_bytes() == pair.cert.read_bytes()
            assert (made.folder / "site.key").read_bytes() == pair.key.read_bytes()
        assert sorted(path.name for path in made.folder.iterdir()) == ["site.key", "site.pem"]
        assert made.trusting.get_ca_certs()
    assert not made.folder.exists()
