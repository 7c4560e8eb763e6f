#!/bin/sh
# Writes the requirement locks: one resolution for every supported Python, with hashes and no addresses.
set -e
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-header --no-annotate "$@"
}
compile pyproject.toml --extra build --extra http2 --extra serve --extra dev -o requirements-dev.txt
compile pyproject.toml --extra build --extra http2 -c requirements-dev.txt -o requirements.txt
compile pyproject.toml --extra build --extra http2 --extra serve -c requirements-dev.txt -o requirements-serve.txt
compile pyproject.toml --extra build --extra serve --extra train -c requirements-dev.txt -o requirements-train.txt
compile pyproject.toml --extra encrypt --extra kafka --extra redis --extra oidc -c requirements-dev.txt -o requirements-sinks.txt
compile pyproject.toml --extra compile -c requirements-dev.txt -o requirements-compile.txt
compile pyproject.toml --extra fuzz -c requirements-dev.txt -o requirements-fuzz.txt
compile requirements-oidc-test.in -c requirements-dev.txt -o requirements-oidc-test.txt
compile benchmarks/requirements-bench.in -o benchmarks/requirements-bench.txt
