"""The manifests: what kustomize makes of them is valid, agrees with the service, and gives it time to end."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from tests.deploy.files import DEPLOY, LONGEST_END, every, is_pinned, paths, read, unknown_variables

from soni.config.loader import load_config

FOLDER = DEPLOY / "kubernetes"
SHARED = ("postgres", "production")
ALL = (*SHARED, "sqlite")
NEWEST = kubernetes_validate.latest_version()
NO_OBJECTS = ("kustomization.yaml", "soni.yaml", "prometheus-adapter.yaml")
"""What kustomize does, the assistant, and the values of a chart."""


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> Sequence[dict[str, Any]]:
    """The objects of an overlay."""
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl")
    command = ["kubectl", "kustomize", str(FOLDER / "overlays" / request.param)]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return [each for each in yaml.safe_load_all(text) if each]


def one(objects: Sequence[dict[str, Any]], kind: str, name: str = "soni") -> dict[str, Any]:
    """The object of this kind and name."""
    found = [each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name]
    assert len(found) == 1
    return found[0]


def pod(objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the service's pods are made from."""
    template: dict[str, Any] = one(objects, "Deployment")["spec"]["template"]
    return template


def container(objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The service's container."""
    first: dict[str, Any] = pod(objects)["spec"]["containers"][0]
    return first


def problems(objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """What Kubernetes has against each of them."""
    found = []
    for each in objects:
        try:
            kubernetes_validate.validate(each, NEWEST, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{each['kind']}: {error}")
    return found


@pytest.mark.parametrize(
    "path",
    sorted(path for path in FOLDER.rglob("*.yaml") if path.name not in NO_OBJECTS),
    ids=lambda path: str(path.relative_to(FOLDER)),
)
def test_what_is_written_is_valid(path: Path) -> None:
    """Each object is one that Kubernetes knows, without a field it does not know."""
    objects = list(yaml.safe_load_all(path.read_text()))

    assert objects
    assert problems(objects) == []


def test_what_is_not_valid_would_be_told() -> None:
    """A field that nobody knows is none that Kubernetes would leave alone."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "soni"}, "spec": {"prots": []}}

    assert len(problems([service])) == 1


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_what_is_built_is_valid(built: Sequence[dict[str, Any]]) -> None:
    """So is what kustomize makes of it, in a namespace of its own."""
    assert built
    assert problems(built) == []
    assert {each["metadata"]["namespace"] for each in built} == {"soni"}


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_probes_ask_where_the_service_answers(built: Sequence[dict[str, Any]]) -> None:
    """Each probe has its own path, and all ports are the one that the service listens on."""
    asked = {name: container(built)[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}

    assert {name: probe["path"] for name, probe in asked.items()} == {
        "startup": "/startup",
        "liveness": "/health",
        "readiness": "/ready",
    }
    assert {probe["path"] for probe in asked.values()} <= paths()
    assert container(built)["ports"] == [{"name": "http", "containerPort": 8000}]
    assert {probe["port"] for probe in asked.values()} == {"http"}
    assert [port["targetPort"] for port in one(built, "Service")["spec"]["ports"]] == ["http"]


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_a_longest_turn_is_not_cut_off(built: Sequence[dict[str, Any]]) -> None:
    """The time to end includes what preStop takes of it."""
    before = int(container(built)["lifecycle"]["preStop"]["exec"]["command"][1])

    assert pod(built)["spec"]["terminationGracePeriodSeconds"] > before + LONGEST_END


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_starting_may_take_as_long_as_it_takes(built: Sequence[dict[str, Any]]) -> None:
    """A database that comes late is waited for 30 s, which no probe cuts short."""
    probe = container(built)["startupProbe"]

    assert probe["periodSeconds"] * probe["failureThreshold"] >= 60


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_every_container_can_do_little(built: Sequence[dict[str, Any]]) -> None:
    """What the restricted pod security standard asks for, and a file system that cannot be written."""
    for workload in (each for each in built if each["kind"] in ("Deployment", "StatefulSet")):
        spec = workload["spec"]["template"]["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for each in spec["containers"]:
            assert each["securityContext"]["allowPrivilegeEscalation"] is False
            assert each["securityContext"]["readOnlyRootFilesystem"] is True
            assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert each["resources"]["requests"].keys() >= {"cpu", "memory"}
            assert "memory" in each["resources"]["limits"]
            assert is_pinned(each["image"])
    assert one(built, "ServiceAccount")["automountServiceAccountToken"] is False


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_what_is_written_has_a_place(built: Sequence[dict[str, Any]]) -> None:
    """/data and /tmp can be written; everything else that is mounted cannot."""
    mounts = container(built)["volumeMounts"]

    assert {mount["mountPath"] for mount in mounts if not mount.get("readOnly")} == {"/data", "/tmp"}
    assert {mount["name"] for mount in mounts} == {volume["name"] for volume in pod(built)["spec"]["volumes"]}


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_secrets_are_named_and_not_written(built: Sequence[dict[str, Any]]) -> None:
    """No manifest has a secret in it; whoever calls shows a key."""
    environ = {each["name"]: each for each in container(built)["env"]}

    assert not [each for each in built if each["kind"] == "Secret"]
    assert environ["SONI_SERVER__AUTH__MODE"]["value"] == "api_key"
    mounted = next(each["mountPath"] for each in container(built)["volumeMounts"] if each["name"] == "secrets")
    projected = next(each["projected"] for each in pod(built)["spec"]["volumes"] if each["name"] == "secrets")
    files = {item["path"] for items in every(projected, "items") for item in items}
    named = {environ[name]["value"] for name in ("SONI_API_KEYS_FILE", "PGSERVICEFILE") if name in environ}
    assert named <= {f"{mounted}/{file}" for file in files}


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_every_variable_means_something(built: Sequence[dict[str, Any]]) -> None:
    """What is set, Soni reads."""
    assert unknown_variables({each["name"]: each for each in container(built)["env"]}) == []


@pytest.mark.parametrize("built", SHARED, indirect=True)
def test_a_rollout_takes_nobody_away(built: Sequence[dict[str, Any]]) -> None:
    """A new pod is ready before an old one goes, several stand on different machines, and one at a time may be evicted."""
    deployment = one(built, "Deployment")["spec"]

    assert deployment["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert one(built, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    spread = {each["topologyKey"] for each in pod(built)["spec"]["topologySpreadConstraints"]}
    assert spread == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}


@pytest.mark.parametrize("built", ["sqlite"], indirect=True)
def test_one_process_has_the_file(built: Sequence[dict[str, Any]]) -> None:
    """The old pod ends before the new one starts, on a volume that only one pod may have."""
    deployment = one(built, "Deployment")["spec"]
    environ = {each["name"]: each.get("value") for each in container(built)["env"]}

    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert environ["SONI_PERSISTENCE__BACKEND"] == "sqlite"
    assert "SONI_PERSISTENCE__CONNECTION_STRING" not in environ
    assert one(built, "PersistentVolumeClaim", "soni-data")["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "soni-data"}} in pod(built)["spec"]["volumes"]
    assert not [each for each in built if each["kind"] == "PodDisruptionBudget"]


@pytest.mark.parametrize("built", ["production"], indirect=True)
def test_the_autoscaler_counts_what_the_adapter_gives_it(built: Sequence[dict[str, Any]]) -> None:
    """It says how many, alone, by the metric that the adapter's rule makes."""
    scaler = one(built, "HorizontalPodAutoscaler")["spec"]
    rules = read(FOLDER / "prometheus-adapter.yaml")["rules"]["custom"]

    assert "replicas" not in one(built, "Deployment")["spec"]
    named = [metric["pods"]["metric"]["name"] for metric in scaler["metrics"] if metric["type"] == "Pods"]
    assert named == [rule["name"]["matches"] for rule in rules] == ["soni_turns_in_flight"]
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_selectors_find_the_pods(built: Sequence[dict[str, Any]]) -> None:
    """Whatever selects pods by their labels selects these."""
    labels = pod(built)["metadata"]["labels"].items()

    selectors = [
        one(built, "Service")["spec"]["selector"],
        one(built, "Deployment")["spec"]["selector"]["matchLabels"],
        one(built, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        *every(pod(built)["spec"]["topologySpreadConstraints"], "matchLabels"),
        *(each["spec"]["selector"]["matchLabels"] for each in built if each["kind"] == "PodDisruptionBudget"),
    ]
    assert all(selector.items() <= labels for selector in selectors)


@pytest.mark.parametrize("built", ALL, indirect=True)
def test_the_assistant_is_where_it_is_looked_for(built: Sequence[dict[str, Any]]) -> None:
    """The ConfigMap that the pod mounts is the one that was made, and its file the one that SONI_CONFIG_PATH names."""
    made = next(each for each in built if each["kind"] == "ConfigMap")
    volume = next(each for each in pod(built)["spec"]["volumes"] if each["name"] == "assistant")
    mounted = next(each["mountPath"] for each in container(built)["volumeMounts"] if each["name"] == "assistant")
    environ = {each["name"]: each.get("value") for each in container(built)["env"]}

    assert volume["configMap"]["name"] == made["metadata"]["name"]
    assert environ["SONI_CONFIG_PATH"] in {f"{mounted}/{name}" for name in made["data"]}


def test_the_assistant_loads() -> None:
    """The one that stands in for yours has no problem."""
    assert load_config(FOLDER / "base/soni.yaml").flows
