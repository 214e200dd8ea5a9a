"""The chart as Helm sees it: linted strictly and rendered without a cluster, then read as data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from server.settings import Settings, load

Document = dict[str, Any]

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "civicgrid"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
FULL = yaml.safe_load((CHART / "ci" / "full-values.yaml").read_text())
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
PROFILES: dict[str, Document] = {"default": {}, "full": FULL}

RUNTIME_SECRETS = {
    "default": {
        "DATABASE_URL": ("civicgrid", "DATABASE_URL"),
        "CIVICGRID_OPERATOR_DATABASE_URL": ("civicgrid", "CIVICGRID_OPERATOR_DATABASE_URL"),
        "REDIS_URL": ("civicgrid", "REDIS_URL"),
        "CIVICGRID_SECRET": ("civicgrid", "CIVICGRID_SECRET"),
    },
    "full": {
        "DATABASE_URL": ("grid-runtime", "app-url"),
        "CIVICGRID_OPERATOR_DATABASE_URL": ("grid-runtime", "operator-url"),
        "REDIS_URL": ("grid-runtime", "redis-url"),
        "CIVICGRID_SECRET": ("grid-runtime", "signing-secret"),
        "CIVICGRID_FILES_ACCESS_KEY_ID": ("grid-runtime", "files-key-id"),
        "CIVICGRID_FILES_SECRET_ACCESS_KEY": ("grid-runtime", "files-key"),
        "CIVICGRID_PHONE_WEBHOOK_SECRET": ("grid-runtime", "phones-key"),
    },
}
WORKER_SECRETS: dict[str, dict[str, tuple[str, str]]] = {
    "default": {},
    "full": {"CIVICGRID_AUDIT_SECRET": ("grid-runtime", "audit-key")},
}
MIGRATE_SECRETS = {
    "default": {"CIVICGRID_OWNER_DATABASE_URL": ("civicgrid", "CIVICGRID_OWNER_DATABASE_URL")},
    "full": {"CIVICGRID_OWNER_DATABASE_URL": ("grid-owner", "owner-url")},
}


def render(values: Document) -> list[Document]:
    """Every document of the release "civicgrid" in namespace "city", notes left out."""
    with helm_python.Chart.load(CHART) as chart:
        rendered = chart.render(values, name="civicgrid", namespace="city")
    texts = [text for path, text in sorted(rendered.items()) if not path.endswith("NOTES.txt")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


@cache
def release(profile: str) -> list[Document]:
    return render(PROFILES[profile])


def only(documents: list[Document], kind: str, name: str) -> Document:
    """The one document of this kind and name."""
    found = [document for document in documents if (document["kind"], document["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, (kind, name)
    return found[0]


def pod_of(document: Document) -> Document | None:
    """The pod specification inside a document, None when it starts no pod."""
    if document["kind"] == "Pod":
        return dict(document["spec"])
    template = document.get("spec", {}).get("template")
    return dict(template["spec"]) if template else None


def pods(documents: list[Document]) -> dict[str, Document]:
    """Component to pod specification."""
    found = (
        (document["metadata"]["labels"]["app.kubernetes.io/component"], pod_of(document)) for document in documents
    )
    return {component: pod for component, pod in found if pod is not None}


def container(pod: Document) -> Document:
    (single,) = pod["containers"]
    return dict(single)


def secret_variables(pod: Document) -> dict[str, tuple[str, str]]:
    """Variable to (Secret, key)."""
    references = ((entry["name"], entry.get("valueFrom")) for entry in container(pod).get("env", []))
    return {
        name: (source["secretKeyRef"]["name"], source["secretKeyRef"]["key"]) for name, source in references if source
    }


def plain_variables(pod: Document) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container(pod).get("env", []) if "value" in entry}


def refusal(values: Document) -> str:
    """The line Helm answers when the schema refuses the values."""
    with helm_python.Chart.load(CHART) as chart, pytest.raises(helm_python.HelmValuesError) as refused:
        chart.render(values, name="civicgrid")
    return str(refused.value)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kube_version", ["v1.27.0", "v1.34.0"])
def test_lints_strictly(profile: str, kube_version: str) -> None:
    report = helm_python.lint(CHART, PROFILES[profile], strict=True, kube_version=kube_version)

    assert report["errors"] == []
    assert report["messages"] == [{"severity": 1, "path": "Chart.yaml", "error": "icon is recommended"}]


def test_one_version_everywhere() -> None:
    with helm_python.Chart.load(CHART) as chart:
        metadata = chart.metadata

    assert (metadata["version"], metadata["appVersion"]) == (VERSION, VERSION)
    assert {container(pod)["image"] for pod in pods(release("default")).values()} == {f"civicgrid:{VERSION}"}
    assert {container(pod)["image"] for pod in pods(render({"image": {"tag": "edge"}})).values()} == {"civicgrid:edge"}
    digest = f"images.example.org/city/civicgrid@{FULL['image']['digest']}"
    assert {container(pod)["image"] for pod in pods(release("full")).values()} == {digest}


def test_what_a_release_consists_of() -> None:
    inventory = {(document["kind"], document["metadata"]["name"]) for document in release("default")}
    assert inventory == {
        ("ConfigMap", "civicgrid"),
        ("Deployment", "civicgrid-web"),
        ("Deployment", "civicgrid-worker"),
        ("Job", "civicgrid-migrate"),
        ("Pod", "civicgrid-smoke-test"),
        ("PodDisruptionBudget", "civicgrid-web"),
        ("Service", "civicgrid"),
        ("ServiceAccount", "civicgrid"),
        ("ServiceAccount", "civicgrid-migrate"),
    }
    everything = {(document["kind"], document["metadata"]["name"]) for document in release("full")}
    assert everything == {(kind, name.replace("civicgrid", "grid")) for kind, name in inventory} | {
        ("HorizontalPodAutoscaler", "grid-web"),
        ("Ingress", "grid"),
        ("NetworkPolicy", "grid-background"),
        ("NetworkPolicy", "grid-web"),
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_each_process_has_its_command(profile: str) -> None:
    commands = {component: container(pod)["command"] for component, pod in pods(release(profile)).items()}

    assert commands["web"] == ["civicgrid", "serve"]
    assert commands["worker"] == ["civicgrid", "worker"]
    assert commands["migrate"] == ["civicgrid", "migrate"]
    assert set(commands) == {"web", "worker", "migrate", "smoke-test"}


@pytest.mark.parametrize("profile", PROFILES)
def test_secrets_come_by_reference_and_each_process_gets_only_its_own(profile: str) -> None:
    found = {component: secret_variables(pod) for component, pod in pods(release(profile)).items()}

    assert found == {
        "web": RUNTIME_SECRETS[profile],
        "worker": {**RUNTIME_SECRETS[profile], **WORKER_SECRETS[profile]},
        "migrate": MIGRATE_SECRETS[profile],
        "smoke-test": {},
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_only_the_migrate_job_knows_the_owner(profile: str) -> None:
    needles = {"CIVICGRID_OWNER_DATABASE_URL", *MIGRATE_SECRETS[profile]["CIVICGRID_OWNER_DATABASE_URL"]}
    needles -= {"civicgrid"}

    for document in release(profile):
        text = yaml.safe_dump(document)
        is_migrate_job = document["kind"] == "Job"
        assert [needle in text for needle in sorted(needles)] == [is_migrate_job] * len(needles), document["metadata"]


@pytest.mark.parametrize("profile", PROFILES)
def test_no_secret_is_written_out(profile: str) -> None:
    documents = release(profile)

    assert [document for document in documents if document["kind"] == "Secret"] == []
    assert not re.search(r"://[^/\s]*@|postgres(ql)?://|rediss?://", yaml.safe_dump_all(documents))
    literals = {component: set(plain_variables(pod)) for component, pod in pods(documents).items()}
    assert literals.pop("migrate") == {"CIVICGRID_DATA", "CIVICGRID_ENVIRONMENT", "CIVICGRID_LOG_LEVEL"}
    assert literals == {"web": set(), "worker": set(), "smoke-test": set()}


def test_plain_settings_are_in_the_config_map() -> None:
    assert only(release("full"), "ConfigMap", "grid")["data"] == {
        "CIVICGRID_HOST": "0.0.0.0",  # noqa: S104 - the pod's own address is the border
        "CIVICGRID_PORT": "8000",
        "CIVICGRID_DATA": "/tmp/civicgrid",  # noqa: S108 - an emptyDir of the pod alone
        "CIVICGRID_ENVIRONMENT": "production",
        "CIVICGRID_DOCUMENTS": "any",
        "CIVICGRID_LOG_LEVEL": "WARNING",
        "CIVICGRID_TRUSTED_PROXIES": "10.244.0.0/16,fd00:10:244::/56",
        "CIVICGRID_READ_POOL_SIZE": "16",
        "CIVICGRID_WRITE_POOL_SIZE": "8",
        "CIVICGRID_ACCESS_TOKEN_MINUTES": "10",
        "CIVICGRID_STATEMENT_TIMEOUT_MS": "5000",
        "CIVICGRID_REFRESH_TOKEN_DAYS": "7",
        "CIVICGRID_SIGN_IN_ATTEMPTS": "4",
        "CIVICGRID_SIGN_IN_ATTEMPTS_PER_ADDRESS": "40",
        "CIVICGRID_SIGN_IN_WINDOW_MINUTES": "30",
        "CIVICGRID_PHONE_CODES": "2",
        "CIVICGRID_PHONE_CODES_PER_ADDRESS": "10",
        "CIVICGRID_PHONE_CODES_PER_CITY": "500",
        "CIVICGRID_PHONE_WEBHOOK_URL": "https://messages.example.org/grid",
        "CIVICGRID_ATTACHMENT_BYTES": "20971520",
        "CIVICGRID_AUDIT_RETIRED_KEYS": bytes(range(32)).hex(),
        "CIVICGRID_IDENTITY_SECRETS": "/etc/civicgrid/identity",
        "CIVICGRID_FILES": "s3://evidence/grid?endpoint=https://objects.example.org&region=north",
        "CIVICGRID_COST_CAPACITY": "30000",
        "CIVICGRID_COST_RESTORE": "1500",
        "CIVICGRID_TENANT_COST_CAPACITY": "800000000",
        "CIVICGRID_TENANT_COST_RESTORE": "40000",
        "CIVICGRID_ANONYMOUS_COST_CAPACITY": "2000",
        "CIVICGRID_ANONYMOUS_COST_RESTORE": "100",
    }
    assert container(pods(release("full"))["web"])["envFrom"] == [{"configMapRef": {"name": "grid"}}]
    assert container(pods(release("full"))["worker"])["envFrom"] == [{"configMapRef": {"name": "grid"}}]


def test_every_setting_that_an_operator_tunes_has_a_value() -> None:
    placed = {"CIVICGRID_DATABASE_URL", "CIVICGRID_OWNER_DATABASE_URL", "CIVICGRID_OPERATOR_DATABASE_URL"}
    placed |= {
        "CIVICGRID_REDIS_URL",
        "CIVICGRID_SECRET",
        "CIVICGRID_AUDIT_SECRET",
        "CIVICGRID_FILES_ACCESS_KEY_ID",
        "CIVICGRID_FILES_SECRET_ACCESS_KEY",
        "CIVICGRID_PHONE_WEBHOOK_SECRET",
        "CIVICGRID_SCALE",
        "CIVICGRID_WORKERS",
    }  # Secret; not for pods
    names = {f"CIVICGRID_{name.upper()}" for name in Settings.model_fields}

    assert set(only(release("default"), "ConfigMap", "civicgrid")["data"]) == names - placed


def test_the_program_understands_every_variable_the_chart_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    found = pods(release("default"))
    variables = only(release("default"), "ConfigMap", "civicgrid")["data"]
    references = {**secret_variables(found["web"]), **secret_variables(found["migrate"])}
    filled = {name: "redis://store" if name == "REDIS_URL" else "postgresql://store/civicgrid" for name in references}

    for name, value in {
        **filled,
        "CIVICGRID_SECRET": "x" * 32,
        **variables,
        **plain_variables(found["migrate"]),
    }.items():
        monkeypatch.setenv(name, value)
    settings = load()

    assert (settings.port, settings.environment, settings.log_level) == (8000, "production", "INFO")
    assert (settings.read_pool_size, settings.write_pool_size) == (8, 4)
    assert (settings.access_token_minutes, settings.refresh_token_days) == (15, 30)
    own = {"host", "data", "environment", "database_url", "owner_database_url", "operator_database_url", "redis_url"}
    tuned = {name: field.default for name, field in Settings.model_fields.items() if name not in {*own, "secret"}}
    assert {name: getattr(settings, name) for name in tuned} == tuned
    assert {settings.database_url, settings.owner_database_url, settings.operator_database_url} == {
        "postgresql://store/civicgrid"
    }


@pytest.mark.parametrize(("profile", "user"), [("default", 10001), ("full", 20001)])
def test_every_pod_is_locked_down(profile: str, user: int) -> None:
    for component, pod in pods(release(profile)).items():
        assert pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        }, component
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False), component
        assert {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod) == set(), component
        assert container(pod)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }, component
        assert pod["volumes"][0] == {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}, component
        assert container(pod)["volumeMounts"][0] == {"name": "tmp", "mountPath": "/tmp"}, component  # noqa: S108
        assert set(container(pod)["resources"]) == {"limits", "requests"}, component
    accounts = [document for document in release(profile) if document["kind"] == "ServiceAccount"]
    assert [account["automountServiceAccountToken"] for account in accounts] == [False, False]


def test_attachments_lie_on_one_volume_that_web_and_worker_share() -> None:
    documents = render({"files": {"existingClaim": "evidence"}})

    assert only(documents, "ConfigMap", "civicgrid")["data"]["CIVICGRID_FILES"] == "file:///var/lib/civicgrid/files"
    found = pods(documents)
    for component in ("web", "worker"):
        volume = {"name": "files", "persistentVolumeClaim": {"claimName": "evidence"}}
        assert found[component]["volumes"] == [found[component]["volumes"][0], volume]
        mounts = container(found[component])["volumeMounts"]
        assert mounts[1:] == [{"name": "files", "mountPath": "/var/lib/civicgrid/files"}]
    for component in ("migrate", "smoke-test"):
        assert [volume["name"] for volume in found[component]["volumes"]] == ["tmp"]


def test_secrets_of_identity_providers_are_shown_to_web_pods_only() -> None:
    documents = render({"identity": {"existingSecret": "providers"}})

    settings = only(documents, "ConfigMap", "civicgrid")["data"]
    assert settings["CIVICGRID_IDENTITY_SECRETS"] == "/etc/civicgrid/identity"
    found = pods(documents)
    volume = {"name": "identity", "secret": {"secretName": "providers", "defaultMode": 0o440}}
    assert found["web"]["volumes"][1:] == [volume]
    mount = {"name": "identity", "mountPath": "/etc/civicgrid/identity", "readOnly": True}
    assert container(found["web"])["volumeMounts"][1:] == [mount]
    for component in ("worker", "migrate", "smoke-test"):
        assert [each["name"] for each in found[component]["volumes"]] == ["tmp"]


def test_files_have_one_place() -> None:
    values = {"files": {"existingClaim": "evidence", "url": "s3://bucket"}}
    with helm_python.Chart.load(CHART) as chart, pytest.raises(helm_python.HelmError, match="exclude each other"):
        chart.render(values, name="civicgrid")
    assert "/files/url" in refusal({"files": {"url": "https://bucket"}})


def test_the_image_runs_as_the_user_of_the_chart() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == [f"{DEFAULTS['runAsUser']}:{DEFAULTS['runAsUser']}"]


def test_a_large_user_id_keeps_its_digits() -> None:
    for pod in pods(render({"runAsUser": 1000660000})).values():
        assert pod["securityContext"]["runAsUser"] == 1000660000


def test_the_web_process_is_probed_and_ends_gently() -> None:
    found = pods(release("default"))
    web = container(found["web"])

    assert web["ports"] == [{"name": "http", "containerPort": 8000, "protocol": "TCP"}]
    probes = {name: web[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert probes == {
        "startupProbe": {"path": "/livez", "port": "http"},
        "livenessProbe": {"path": "/livez", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }
    assert web["lifecycle"] == {"preStop": {"exec": {"command": ["sleep", "5"]}}}
    graces = {
        component: found[component]["terminationGracePeriodSeconds"] for component in ("web", "worker", "migrate")
    }
    assert graces == {"web": 40, "worker": 40, "migrate": 40}


@pytest.mark.parametrize(("profile", "name"), [("default", "civicgrid"), ("full", "grid")])
def test_migration_runs_first_and_needs_nothing_of_the_release(profile: str, name: str) -> None:
    documents = release(profile)
    hooks = {
        (document["kind"], annotations["helm.sh/hook-weight"], annotations["helm.sh/hook"])
        for document in documents
        if "helm.sh/hook-weight" in (annotations := document["metadata"].get("annotations", {}))
    }

    assert hooks == {("ServiceAccount", "-10", "pre-install,pre-upgrade"), ("Job", "-5", "pre-install,pre-upgrade")}
    job = only(documents, "Job", f"{name}-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (2, 1800)
    pod = pods(documents)["migrate"]
    assert (pod["serviceAccountName"], pod["restartPolicy"]) == (f"{name}-migrate", "Never")
    assert "envFrom" not in container(pod)


def test_the_migrate_job_can_be_left_to_somebody_else() -> None:
    documents = render({"migrate": {"enabled": False}})

    assert set(pods(documents)) == {"web", "worker", "smoke-test"}
    assert [document["metadata"]["name"] for document in documents if document["kind"] == "ServiceAccount"] == [
        "civicgrid"
    ]


def test_a_service_account_of_the_cluster_is_used_when_none_is_made() -> None:
    documents = render({"serviceAccount": {"create": False, "name": "city-apps"}})

    assert [document for document in documents if document["kind"] == "ServiceAccount"] == []
    assert {pod["serviceAccountName"] for pod in pods(documents).values()} == {"city-apps"}


@pytest.mark.parametrize(("profile", "name"), [("default", "civicgrid"), ("full", "grid")])
def test_the_service_reaches_the_web_pods_only(profile: str, name: str) -> None:
    documents = release(profile)
    selector = only(documents, "Service", name)["spec"]["selector"]
    deployments = [document for document in documents if document["kind"] == "Deployment"]

    labels = {
        document["metadata"]["name"]: document["spec"]["template"]["metadata"]["labels"] for document in deployments
    }
    assert [label for label, values in labels.items() if selector.items() <= values.items()] == [f"{name}-web"]
    assert only(documents, "PodDisruptionBudget", f"{name}-web")["spec"]["selector"]["matchLabels"] == selector
    for document in deployments:
        template = document["spec"]["template"]["metadata"]["labels"]
        assert document["spec"]["selector"]["matchLabels"].items() <= template.items()


def test_the_autoscaler_takes_over_the_number_of_web_pods() -> None:
    assert only(release("default"), "Deployment", "civicgrid-web")["spec"]["replicas"] == 2
    assert "replicas" not in only(release("full"), "Deployment", "grid-web")["spec"]
    assert only(release("full"), "Deployment", "grid-worker")["spec"]["replicas"] == 3
    autoscaler = only(release("full"), "HorizontalPodAutoscaler", "grid-web")["spec"]
    assert autoscaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "grid-web"}
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (3, 12)
    assert autoscaler["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 60}


def test_the_ingress_leads_to_the_service() -> None:
    ingress = only(release("full"), "Ingress", "grid")["spec"]

    assert ingress["ingressClassName"] == "nginx"
    assert ingress["tls"] == [{"hosts": ["grid.example.org"], "secretName": "grid-tls"}]
    (rule,) = ingress["rules"]
    backend = {"service": {"name": "grid", "port": {"name": "http"}}}
    assert rule == {
        "host": "grid.example.org",
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }


def test_the_network_policy_opens_what_is_needed_and_no_more() -> None:
    web = only(release("full"), "NetworkPolicy", "grid-web")["spec"]
    background = only(release("full"), "NetworkPolicy", "grid-background")["spec"]

    assert web["policyTypes"] == background["policyTypes"] == ["Ingress", "Egress"]
    assert background["ingress"] == []
    assert background["podSelector"]["matchExpressions"] == [
        {"key": "app.kubernetes.io/component", "operator": "In", "values": ["worker", "migrate"]},
    ]
    (entrance,) = web["ingress"]
    assert entrance["ports"] == [{"port": "http", "protocol": "TCP"}]
    assert entrance["from"][0] == FULL["networkPolicy"]["ingressFrom"][0]
    assert entrance["from"][1]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "smoke-test"
    assert web["egress"] == background["egress"]
    assert web["egress"] == [
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
        {"ports": [{"port": 6432, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}]},
        {"ports": [{"port": 6380, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.30.0.0/16"}}]},
        {"ports": [{"port": 443, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.40.0.10/32"}}]},
    ]


def test_a_changed_setting_rolls_web_and_worker() -> None:
    def checksums(documents: list[Document]) -> set[str]:
        deployments = [document for document in documents if document["kind"] == "Deployment"]
        return {document["spec"]["template"]["metadata"]["annotations"]["checksum/config"] for document in deployments}

    before, after = checksums(release("default")), checksums(render({"settings": {"logLevel": "DEBUG"}}))

    assert (len(before), len(after)) == (1, 1)
    assert before != after


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"existingSecret": None}, "at '': missing property 'existingSecret'"),
        ({"existingSecret": ""}, "at '/existingSecret': '' does not match pattern"),
        ({"secretKeys": {"secret": None}}, "at '/secretKeys': missing property 'secret'"),
        ({"image": {"repository": ""}}, "at '/image/repository': minLength: got 0, want 1"),
        ({"image": {"digest": "latest"}}, "at '/image/digest': 'latest' does not match pattern"),
        ({"ingress": {"enabled": True}}, "at '/ingress/host': minLength: got 0, want 1"),
        ({"runAsUser": 0}, "at '/runAsUser': minimum: got 0, want 1"),
        ({"settings": {"readPoolSize": "8"}}, "at '/settings/readPoolSize': got string, want integer"),
        ({"settings": {"environment": "staging"}}, "at '/settings/environment': value must be one of"),
        ({"settings": {"documents": "none"}}, "at '/settings/documents': value must be one of"),
        ({"settings": {"trustedProxies": "10.0.0.1"}}, "at '/settings/trustedProxies': got string, want array"),
        ({"settings": {"trustedProxies": ["*"]}}, "at '/settings/trustedProxies/0': '*' does not match pattern"),
        ({"settings": {"trustedProxies": ["::/0"]}}, "at '/settings/trustedProxies/0': '::/0' does not match pattern"),
        ({"settings": {"cost": {"capacity": 0}}}, "at '/settings/cost/capacity': minimum: got 0, want 1"),
        ({"service": {"port": 70000}}, "at '/service/port': maximum: got 70,000, want 65,535"),
        ({"databaseUrl": "postgresql://somewhere"}, "at '': additional properties 'databaseUrl' not allowed"),
    ],
)
def test_wrong_values_are_refused_by_name(values: Document, line: str) -> None:
    assert line in refusal(values)


# Kubernetes or the operator decides what stands in these; everything else is ours and closed.
OPEN = {"affinity", "annotations", "limits", "nodeSelector", "podAnnotations", "requests"}


def closed_objects(values: Document, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all objects in the values whose keys are fixed."""
    yield path
    for key, value in values.items():
        if isinstance(value, dict) and key not in OPEN:
            yield from closed_objects(value, (*path, key))


@pytest.mark.parametrize("path", list(closed_objects(DEFAULTS)), ids=lambda path: ".".join(path) or "top")
def test_an_unknown_key_is_refused_at_every_depth(path: tuple[str, ...]) -> None:
    values: Document = {"misspelt": 1}
    for key in reversed(path):
        values = {key: values}
    place = "".join(f"/{key}" for key in path)

    assert f"at '{place}': additional properties 'misspelt' not allowed" in refusal(values)


def test_an_autoscaler_with_crossed_bounds_is_refused() -> None:
    values = {"autoscaling": {"enabled": True, "minReplicas": 9}}

    with helm_python.Chart.load(CHART) as chart, pytest.raises(helm_python.HelmRenderError) as refused:
        chart.render(values, name="civicgrid")
    assert "autoscaling.minReplicas (9) must not be greater than autoscaling.maxReplicas (8)" in str(refused.value)


def test_the_notes_tell_where_the_city_is() -> None:
    with helm_python.Chart.load(CHART) as chart:
        notes = chart.render(FULL, name="civicgrid", namespace="city")["civicgrid/templates/NOTES.txt"]

    assert "https://grid.example.org/graphql" in notes
    assert 'Secrets are read from "grid-runtime" and, for the migrate job only, "grid-owner".' in notes
    assert "trustedProxies" not in notes


def test_the_notes_warn_when_all_strangers_would_share_one_budget() -> None:
    values = {"ingress": {"enabled": True, "host": "grid.example.org"}}
    with helm_python.Chart.load(CHART) as chart:
        notes = chart.render(values, name="civicgrid", namespace="city")["civicgrid/templates/NOTES.txt"]

    assert "settings.trustedProxies is empty" in notes


def test_the_program_reads_the_proxies_of_the_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = only(release("full"), "ConfigMap", "grid")["data"]
    monkeypatch.setenv("CIVICGRID_TRUSTED_PROXIES", variables["CIVICGRID_TRUSTED_PROXIES"])

    assert load().trusted_proxies == "10.244.0.0/16,fd00:10:244::/56"


def leaves(values: Document, path: str = "") -> Iterator[str]:
    """The dotted names of all values, as docs/deploy.md writes them."""
    for key, value in values.items():
        if isinstance(value, dict) and value and key != "resources":
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def test_every_value_is_documented() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()

    assert [name for name in leaves(DEFAULTS) if f"`{name}`" not in page] == []


def test_every_setting_is_documented_with_its_default() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", page, re.MULTILINE))
    unprefixed = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}

    defaults = {
        unprefixed.get(name, f"CIVICGRID_{name.upper()}"): "none" if field.default is None else f"`{field.default}`"
        for name, field in Settings.model_fields.items()
    }
    assert {name: default.partition(" (")[0] for name, default in rows.items()} == defaults
