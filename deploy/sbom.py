"""Says what the gateway is made of, and under which licences: `python deploy/sbom.py sbom.json`.

CycloneDX 1.6, from the lock of everything (requirements-serve.txt), the metadata of the installed packages
(their licences) and the licence texts beside vendored files. Refuses a requirement without a hash, one whose
licence is not known, and one whose licence is not on the list below. The same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gateway import __version__  # noqa: E402

ALLOWED = frozenset(
    (
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MPL-2.0",
        "PSF-2.0",
        "Zlib",
    )
)
"""Licences under which everything may be shipped beside Apache-2.0; of MPL-2.0, unchanged files."""
CLASSIFIED = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What the classifiers of older packages mean; which BSD it is, their licence files say."""
ELSEWHERE = {"colorama": "BSD-3-Clause"}
"""Requirements of other systems (colorama is for Windows), of which there is no metadata here."""
VENDORED = {
    "htmx": ("htmx.min.js", r'version[:=]"(\d+(?:\.\d+)+[\w.-]*)"'),
    "uPlot": ("uPlot.iife.min.js", r"\(v(\d+(?:\.\d+)+)\)"),
}
VENDOR = ROOT / "gateway" / "control" / "pages" / "static" / "vendor"
SIGNS = {"Zero-Clause BSD": "0BSD", "The MIT License": "MIT", "MIT License": "MIT"}


class NotClean(Exception):
    """Something cannot be shipped as it is; the text says what."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One requirement of the lock, with the hashes of the files that may be installed."""

    name: str
    version: str
    hashes: tuple[str, ...]


def read_lock(text: str) -> list[Locked]:
    """Return the requirements of a lock; raises NotClean where one is not pinned by version and hash."""
    found = []
    for entry in re.sub(r"\\\n", " ", text).splitlines():
        line = entry.partition("#")[0].strip()
        if not line:
            continue
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", line)
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
        if match is None or not hashes:
            raise NotClean(f"{line[:60]}: not pinned by version and sha256; run make lock")
        found.append(Locked(match[1], match[2], hashes))
    return found


def licence_of(name: str, about: Distribution | None) -> str:
    """Return the licence of a package as an SPDX expression; raises NotClean where its metadata has none."""
    if about is None:
        if name in ELSEWHERE:
            return ELSEWHERE[name]
        raise NotClean(f"{name}: not installed here, so its licence is not known; run make install")
    fields = cast("Message", about.metadata)
    expression = fields.get("License-Expression")
    if expression:
        return str(expression)
    named = [c.rpartition(" :: ")[2] for c in fields.get_all("Classifier") or () if c.startswith("License")]
    known = sorted({CLASSIFIED[text] for text in named if text in CLASSIFIED})
    short = str(fields.get("License", ""))
    if known or short in ALLOWED:
        return " AND ".join(known) or short
    raise NotClean(f"{name}: its metadata names no licence that is known here: {named or short[:60]}")


def check_allowed(name: str, expression: str) -> None:
    """Raise NotClean where an expression has a licence that is not on the list."""
    names = set(re.findall(r"[A-Za-z0-9.+-]+", expression)) - {"AND", "OR", "WITH"}
    if names - ALLOWED:
        raise NotClean(f"{name}: {expression} is not on the list of licences in deploy/sbom.py")


def installed(name: str) -> Distribution | None:
    """Return what is known of a package here, None where it is not installed."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def components(lock: list[Locked]) -> list[dict[str, Any]]:
    """Return every requirement as CycloneDX has it. Raises NotClean."""
    found = []
    for one in lock:
        expression = licence_of(one.name, installed(one.name))
        check_allowed(one.name, expression)
        found.append(_component(one.name, one.version, expression, f"pkg:pypi/{one.name}@{one.version}"))
    return found


def vendored() -> list[dict[str, Any]]:
    """Return the files of others in the wheel. Raises NotClean where one has no licence beside it."""
    texts = {
        path.name.removesuffix(".LICENSE.txt"): path.read_text() for path in VENDOR.glob("*.LICENSE.txt")
    }
    strangers = {path.name.partition(".")[0] for path in VENDOR.iterdir()} - set(VENDORED)
    if strangers or set(texts) != set(VENDORED):
        raise NotClean(
            f"{VENDOR.name}: {sorted(strangers ^ (set(texts) ^ set(VENDORED)))}: name it in deploy/sbom.py"
        )
    found = []
    for name, (file, pattern) in VENDORED.items():
        content = (VENDOR / file).read_bytes()
        version = re.search(pattern, content.decode())
        expression = next((spdx for sign, spdx in SIGNS.items() if sign in texts[name]), "")
        if version is None or not expression:
            raise NotClean(f"{file}: its version or licence cannot be made out; see deploy/sbom.py")
        check_allowed(name, expression)
        made = _component(name, version[1], expression, f"pkg:npm/{name.lower()}@{version[1]}")
        made["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]
        found.append(made)
    return found


def _component(name: str, version: str, expression: str, purl: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "licenses": [{"expression": expression}],
        "purl": purl,
    }


def document(lock_text: str) -> dict[str, Any]:
    """Return the bill of materials. Raises NotClean."""
    parts = [*components(read_lock(lock_text)), *vendored()]
    own = f"pkg:pypi/gateway@{__version__}"
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(parts, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            "component": _component("gateway", __version__, "Apache-2.0", own) | {"type": "application"}
        },
        "components": parts,
        "dependencies": [{"ref": own, "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def main(arguments: list[str]) -> int:
    """Write the file named first, if any, and print a line for each part with its licence."""
    try:
        found = document((ROOT / "requirements-serve.txt").read_text())
    except NotClean as error:
        print(error, file=sys.stderr)
        return 1
    if arguments:
        Path(arguments[0]).write_text(json.dumps(found, indent=2) + "\n")
    for part in found["components"]:
        print(f"{part['name']:<22} {part['version']:<12} {part['licenses'][0]['expression']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
