"""Dockerfile, compose.yaml and the manifests say the same, and what they promise of hardening they do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compile_workers import ROOT as PROJECT
from gateway.routing.file import read_plan, read_text
from tests.deploy.running import ROOT, needed

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
STATE = "/srv/gateway/.gateway"


def loaded(file: Path) -> Any:
    """Return the document in a YAML file."""
    return yaml.safe_load(file.read_text())


def stages() -> list[list[str]]:
    """Return the instructions of each stage of the Dockerfile, one line each."""
    text = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.M))
    lines = [line for line in text.splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_the_base_is_pinned_by_digest_in_every_stage() -> None:
    """One argument, an exact tag and a sha256."""
    argument = (DEPLOY / "Dockerfile").read_text().partition("ARG PYTHON=")[2].splitlines()[0]
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", argument)
    bases = [stage[0].split()[1] for stage in stages()]
    named = {stage[0].split()[3] for stage in stages()}
    assert set(bases) - named == {"${PYTHON}"}


def test_the_image_runs_as_nobody_special_and_tells_its_health() -> None:
    """A numeric user, so that Kubernetes can check it; no compiler and no pip in the stages that run."""
    runtime, serving, small = stages()[-3:]
    words = " ".join([*runtime, *serving, *small])
    assert "USER 10001:10001" in runtime
    assert any(line.startswith("HEALTHCHECK") and f'"ready", "{STATE}"' in line for line in runtime)
    assert not re.search(r"apt-get|pip |gcc", words)
    assert {'ENTRYPOINT ["gateway"]', "VOLUME /srv/gateway"} <= set(runtime)


def test_the_image_without_models_is_the_usual_one() -> None:
    """The last stage is the small one, and the lock with the models' libraries is in the other alone."""
    heads = {stage[0].split()[3]: stage for stage in stages()}
    assert list(heads)[-2:] == ["gateway-serving", "gateway"]
    assert any("--from=small" in line for line in heads["gateway"])
    assert any("--from=serving" in line for line in heads["gateway-serving"])
    assert {name for name, stage in heads.items() if "requirements-serve.txt" in " ".join(stage)} == {
        "serving"
    }


def test_everything_that_the_dockerfile_copies_gets_past_its_ignore_file() -> None:
    """Each source exists and is let through by Dockerfile.dockerignore, which keeps everything else out."""
    passed = [
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"
    ]
    copies = [line.split()[1:-1] for stage in stages() for line in stage if line.startswith("COPY ")]
    copied = [source for sources in copies for source in sources if not sources[0].startswith("--from=")]
    assert sorted(copied) == sorted(passed)
    assert all((PROJECT / source).exists() for source in copied)


def test_compose_runs_everything_without_rights() -> None:
    """Read-only roots, no capabilities, and of the admin side nothing beyond this machine's loopback."""
    services = loaded(DEPLOY / "compose.yaml")["services"]
    assert {"gateway", "blue", "green", "canary", "prometheus", "grafana"} <= set(services)
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("read_only") or name == "grafana", name
        beyond = [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
        assert beyond == (["8080:8080"] if name == "gateway" else [])
    assert "--admin-without-auth" not in services["gateway"]["command"]


def test_compose_mounts_files_that_exist_and_routes_to_its_services() -> None:
    """Paths are relative to deploy/; each url of routing.yaml names a service of compose.yaml."""
    document = loaded(DEPLOY / "compose.yaml")
    for service in document["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in document["volumes"] or (DEPLOY / source).exists()
    file = DEPLOY / "compose" / "routing.yaml"
    plan = read_plan(read_text(file), file)
    assert {url for service in plan.services for url in service.urls} == {
        f"http://{service.name}:9001" for service in plan.services
    }
    assert {service.name for service in plan.services} <= set(document["services"])
    targets = loaded(DEPLOY / "prometheus" / "prometheus.yaml")["scrape_configs"][0]["static_configs"][0]
    assert targets["targets"] == ["metrics:9100"]


def documents() -> dict[str, Any]:
    """Return the manifests that the kustomization lists, by their kind."""
    listed = loaded(KUBERNETES / "kustomization.yaml")["resources"]
    return {found["kind"]: found for found in (loaded(KUBERNETES / name) for name in listed)}


def test_the_kustomization_lists_every_manifest() -> None:
    """No file is forgotten, none is missing, and its routing.yaml has no mistake."""
    about = loaded(KUBERNETES / "kustomization.yaml")
    files = {path.name for path in KUBERNETES.iterdir()}
    assert {*about["resources"], "kustomization.yaml", "routing.yaml"} == files
    plan = read_plan(read_text(KUBERNETES / "routing.yaml"), KUBERNETES / "routing.yaml")
    assert plan.admin.startswith("127.0.0.1:")
    kinds = "Deployment Service PodDisruptionBudget HorizontalPodAutoscaler NetworkPolicy ServiceMonitor"
    assert set(kinds.split()) <= set(documents())


def test_kustomize_makes_of_it_what_the_files_say() -> None:
    """Every manifest in the namespace, selectors untouched, routing.yaml whole, the image by full name."""
    command = [needed("kubectl", "kubernetes-client"), "kustomize", str(KUBERNETES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    made = {found["kind"]: found for found in yaml.safe_load_all(done.stdout)}
    assert made.keys() == {*documents(), "ConfigMap"}
    assert done.stderr == ""
    for kind, found in documents().items():
        if kind != "Namespace":
            assert made[kind]["metadata"] == {**found["metadata"], "namespace": "gateway"}, kind
        if kind != "Deployment":
            assert made[kind].get("spec") == found.get("spec"), kind
    about = loaded(KUBERNETES / "kustomization.yaml")["images"][0]
    image = f"{about['newName']}:{about['newTag']}"
    pod = made["Deployment"]["spec"]["template"]["spec"]
    assert {container["image"] for container in pod["containers"]} == {image}
    config = made["ConfigMap"]
    assert config["data"] == {"routing.yaml": read_text(KUBERNETES / "routing.yaml")}
    volumes = [volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume]
    assert volumes == [config["metadata"]["name"]]


def test_names_can_be_asked_for() -> None:
    """The egress to DNS selects its pods by the cluster's own label; one of ours would match none of them."""
    rules = documents()["NetworkPolicy"]["spec"]["egress"]
    dns = [rule["to"][0]["podSelector"] for rule in rules if rule["ports"][0]["port"] == 53]
    assert dns == [{"matchLabels": {"k8s-app": "kube-dns"}}]


def test_the_pods_fit_the_restricted_standard() -> None:
    """What the namespace enforces: no root, no rights, the default seccomp profile; and a read-only root."""
    pod = documents()["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        locked_in = container["securityContext"]
        assert locked_in["readOnlyRootFilesystem"]
        assert not locked_in["allowPrivilegeEscalation"]
        assert locked_in["capabilities"] == {"drop": ["ALL"]}


def test_the_drain_has_the_time_it_takes() -> None:
    """preStop and the drain of 30 s end before the kubelet's patience; compose waits as long."""
    pod = documents()["Deployment"]["spec"]["template"]["spec"]
    pause = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pause + 30 < pod["terminationGracePeriodSeconds"]
    assert loaded(DEPLOY / "compose.yaml")["services"]["gateway"]["stop_grace_period"] == "45s"


@pytest.mark.parametrize("kind", ["Service", "PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor"])
def test_what_selects_pods_selects_these(kind: str) -> None:
    """The labels are those of the Deployment's pods (for the ServiceMonitor, of the Service)."""
    found = documents()
    spec = found[kind]["spec"]
    selector = spec.get("selector") or spec["podSelector"]
    wanted = selector.get("matchLabels", selector)
    carrier = found["Service"] if kind == "ServiceMonitor" else found["Deployment"]["spec"]["template"]
    assert wanted.items() <= carrier["metadata"]["labels"].items()


def test_ports_are_named_alike() -> None:
    """The Service, the NetworkPolicy, the ServiceMonitor and the probes name ports that containers have."""
    found = documents()
    pod = found["Deployment"]["spec"]["template"]["spec"]
    ports = {port["name"] for container in pod["containers"] for port in container["ports"]}
    assert {port["targetPort"] for port in found["Service"]["spec"]["ports"]} == ports
    assert {rule["ports"][0]["port"] for rule in found["NetworkPolicy"]["spec"]["ingress"]} == ports
    assert found["ServiceMonitor"]["spec"]["endpoints"][0]["port"] in ports
    assert found["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "gateway"
