"""Coverage-guided fuzzing of what reads requests: run by `make fuzz`, in an environment with atheris.

    python -m tests.fuzz.fuzz_heads CORPUS_FOLDER -max_total_time=60

The first two bytes of an input seed the places where the rest is cut. A failure is an exception: libFuzzer
writes the input to a file and says where.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent


def write_seeds(folder: Path) -> None:
    """Write every request of the corpus as an input."""
    from tests.corpus.cases import requests

    folder.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(requests()):
        if len(case.data) <= LONGEST:
            (folder / case.id).write_bytes(number.to_bytes(2, "big") + case.data)


LONGEST = 4096


def main(arguments: list[str]) -> None:
    """Write the seeds into the folder named first, then fuzz with libFuzzer's options."""
    import atheris

    with atheris.instrument_imports(include=["gateway.http", "tests.fuzz.target"]):
        from tests.fuzz import target
    write_seeds(Path(arguments[1]))
    options = [arguments[0], *arguments[1:], f"-max_len={LONGEST}", "-timeout=10"]
    atheris.Setup(options, _one(target))
    atheris.Fuzz()


def _one(target: ModuleType):  # type: ignore[no-untyped-def]
    return lambda data: target.check(data)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(sys.argv)
