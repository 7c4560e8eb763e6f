"""Makes a folder from `gateway init` one that Heroku or App Engine can be given:

    python deploy/app_folder.py heroku FOLDER

The gateway is in no registry, so its wheel is built and laid beside routing.yaml, pinned by its digest like
every other requirement is by the lock: the larger one where routing.yaml has models that the gateway serves.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy.dist import build  # noqa: E402
from gateway.errors import GatewayError  # noqa: E402
from gateway.routing.file import read_plan, read_text  # noqa: E402

TARGETS = ("heroku", "appengine")
NEEDED = "routing.yaml"


def prepare(target: str, folder: Path) -> list[Path]:
    """Add what a target needs to a folder with a routing.yaml; return the files; earlier ones are replaced.

    Raises FileNotFoundError where the folder has no routing.yaml, GatewayError where that has a mistake.
    """
    if not (folder / NEEDED).is_file():
        raise FileNotFoundError(f"{folder} has no {NEEDED}: make one first, gateway init {folder}")
    plan = read_plan(read_text(folder / NEEDED), folder / NEEDED)
    lock = "requirements-serve.txt" if any(s.model for s in plan.services) else "requirements.txt"
    wheel, sdist = build(folder)
    sdist.unlink()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    written = [wheel, folder / "locked.txt"]
    (folder / "locked.txt").write_bytes((ROOT / lock).read_bytes())
    for source in sorted((ROOT / "deploy" / target).iterdir()):
        text = source.read_text().replace("{wheel}", wheel.name).replace("{sha256}", digest)
        (folder / source.name).write_text(text)
        written.append(folder / source.name)
    return written


def main(arguments: list[str]) -> int:
    """Prepare a folder and say what was written; 2 where the arguments are not understood."""
    if len(arguments) != 2 or arguments[0] not in TARGETS:
        print(f"usage: python deploy/app_folder.py {'|'.join(TARGETS)} FOLDER", file=sys.stderr)
        return 2
    try:
        written = prepare(arguments[0], Path(arguments[1]))
    except (FileNotFoundError, GatewayError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"wrote {file}" for file in written))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
