"""`gateway audit` as people type it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from gateway.audit.findings import Found, Verified
from gateway.cli.audit_verbs import in_words, verdict

if TYPE_CHECKING:
    from tests.cli.site import Site


def test_what_was_done_and_refused_is_shown(site: Site) -> None:
    """By a verb or by hand, newest last."""
    site.run("set-weight", "canary=20", "--reason", "looks good")
    assert site.run("set-weight", "nope=20").code == 1
    site.run("rollback", "--reason", "errors")
    lines = site.run("audit", "show").out.splitlines()
    assert len(lines) == 5  # the refusal has two
    assert lines[1].endswith('set-weight late -> revision 2 "looks good"')
    assert lines[2].endswith("set-weight REFUSED")
    assert "there is no service nope" in lines[3]
    found = json.loads(site.run("audit", "show", "--what", "rollback", "--json").out)
    assert (found["n"], found["result"], found["why"]) == (4, "done", "errors")
    assert site.run("audit", "show", "--last", "1").out.count("\n") == 1


def test_a_trail_is_verified_and_what_was_tampered_with_is_named(site: Site) -> None:
    """The exit code is 1 where it is not as it was written, a trail that is not signed included."""
    assert site.run("audit", "verify").code == 1
    said = site.run("audit", "verify", "--seal")
    assert said.code == 0
    assert said.out.startswith("every entry is as it was written: 1 entry since 20")
    site.run("rollback")
    assert "the last 1 are not signed yet" in site.run("audit", "verify").out
    copy = shutil.copy(site.places.audit / "heads.ndjson", site.folder / "heads")
    path = next(site.places.audit.glob("trail-*"))
    path.write_bytes(path.read_bytes().replace(b'"who":"file"', b'"who":"anne"'))
    for said in (site.run("audit", "verify", "--seal"), site.run("audit", "verify", "--heads", str(copy))):
        assert said.code == 1
        assert said.out.startswith(f"{path.name}:1: entry 1 was changed")
    assert site.run("audit", "verify", "--json").json()["problems"][0]["n"] == 1
    assert "there is no such file" in site.run("audit", "verify", "--heads", "none").err


def test_sealing_a_broken_chain_is_refused(site: Site) -> None:
    """And what is wrong is told."""
    site.run("rollback")
    path = next(site.places.audit.glob("trail-*"))
    path.write_bytes(path.read_bytes().replace(b'"who":"file"', b'"who":"anne"'))
    said = site.run("audit", "verify", "--seal")
    assert (said.code, "is signed no further" in said.err) == (1, True)


def test_all_of_it_is_exported(site: Site) -> None:
    """As it stands."""
    site.run("rollback")
    written = next(site.places.audit.glob("trail-*")).read_text()
    assert site.run("audit", "export").out == written
    shutil.rmtree(site.places.audit)
    assert site.run("audit", "export").out == ""
    assert "nothing has been recorded yet" in site.run("audit", "verify").out


def test_words_of_others_cannot_steer_a_terminal() -> None:
    """Whatever they wrote as a reason."""
    entry = {"n": 1, "at": "2026-01-01T00:00:00.000000Z", "who": "a\x1b[2J", "from": "b", "what": "c"}
    entry |= {"route": "", "why": "d\ne", "result": "failed", "detail": "f\x07", "after": None}
    assert in_words(entry) == '     1 2026-01-01T00:00:00Z a?[2J (b) c "d?e" FAILED\n       f?'


def test_a_verdict_tells_of_what_was_mended_and_missed(site: Site) -> None:
    """They are no tampering, but worth knowing."""
    told = verdict(Verified(entries=5, since="then", signed=5, mended=1, unwritten=2), site.places.audit)
    assert "lines left incomplete by processes that were killed, and marked: 1" in told[1]
    assert "entries that could not be written when it happened, as later ones say: 2" in told[2]
    tampered = Verified(entries=5, signed=5, more=7)
    tampered.problems.append(Found(3, "trail", 3, "was changed"))
    assert "and 7 more" in verdict(tampered, site.places.audit)[1]
