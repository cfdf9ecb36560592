"""playbooks/manifests.yml: what it writes fits Kubernetes, and its pods do what they should."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import check_manifests
import pod
import pytest
import yaml

ROOT = Path(__file__).parents[2]
REGISTRY = "registry.example.org/site"

WORKER = (
    'sh -c \'echo "$API_KEY $GREETING" >~/found; cat ~/conf/shop.ini >>~/found; echo >~/done; '
    "exec sleep 60'"
)
FLASK_WITH_CELERY = {
    "wsgi_app_name": "shop",
    "wsgi_app_source": {"type": "local", "path": str(ROOT / "tests/apps")},
    "wsgi_app_callable": "echo:app",
    "wsgi_app_prefix": "/shop",
    "wsgi_app_public_url": "http://shop.example.org/shop",
    "wsgi_app_network": "full",
    "wsgi_app_environment": {"GREETING": 'it\'s $HOME, "quoted"\n\\ and ü', "FLASK_APP": "shop"},
    "wsgi_app_secrets": {"API_KEY": "hunter2-`id`-$(id)"},
    "wsgi_app_files": [
        {"dest": "conf/shop.ini", "content": "colour = blue\n"},
        {"dest": "conf/mail.key", "secret": "swordfish"},
    ],
    "wsgi_app_setup_commands": ["echo set up >~/set-up"],
    "wsgi_app_health": {"status": [200]},
    "wsgi_app_limits": {"memory": "512M", "cpus": 1.5},
    "wsgi_app_replicas": 3,
    "wsgi_app_processes": [
        {
            "name": "worker",
            "command": WORKER,
            "count": 2,
            "stop_signal": "INT",
            "check": "test -e ~/done",
            "probation": 30,
        },
        {"name": "beat", "command": "celery --app shop beat", "exclusive": True},
    ],
    "wsgi_app_schedules": [
        {"name": "mails", "command": "flask send-mails", "calendar": "*:0/15", "timeout": 60}
    ],
}
DJANGO = {
    "wsgi_app_name": "blog",
    "wsgi_app_source": {"type": "local", "path": str(ROOT / "tests/apps")},
    "wsgi_app_callable": "django_app:app",
    "wsgi_app_prefix": "/blog",
    "wsgi_app_public_url": "https://example.org/blog",
    "wsgi_app_environment": {"DJANGO_SETTINGS_MODULE": "blog.production"},
    "wsgi_app_secrets": {"SECRET_KEY": "0123456789"},
    "wsgi_app_build_commands": ["python manage.py collectstatic --noinput"],
    "wsgi_app_build_environment": {"NODE_ENV": "production"},
    "wsgi_app_setup_commands": ["python manage.py migrate --noinput"],
    "wsgi_app_health": {"path": "/login", "status": [200]},
    "wsgi_app_schedules": [
        {
            "name": "sessions",
            "command": "python manage.py clearsessions",
            "calendar": "03:00 Europe/Berlin",
            "catch_up": True,
        }
    ],
}
SITES = {
    "shop_site": {
        "nginx_site_name": "shop",
        "nginx_site_server_names": ["shop.example.org"],
        "nginx_site_mounts": [
            {"path": "/shop", "app": "shop", "body_size": "20m", "users": {"me": "swordfish"}}
        ],
    },
    "blog_site": {
        "nginx_site_name": "blog",
        "nginx_site_server_names": ["example.org", "*.example.net"],
        "nginx_site_mounts": [{"path": "/blog", "app": "blog"}],
    },
}
CLUSTER = {
    "nginx_site_proxy_preset": "traefik",
    "nginx_site_trusted_proxies": ["10.42.0.0/16"],
    "manifests_ingress": {"class": "traefik", "namespace": "kube-system"},
}


@pytest.fixture(scope="module")
def write(run, tmp_path_factory):
    def write(top: Path, apps: dict[str, dict] | None = None, *options: str):
        """Write the manifests of the README's example, and of these apps, below ``top``."""
        hosts = {
            "app": {"hosts": apps or {}},
            "web": {"hosts": SITES if apps else {}},
            "all": {
                "hosts": {"localhost": {"ansible_connection": "local"}},
                "vars": {**CLUSTER, "ansible_python_interpreter": sys.executable},
            },
        }
        (top / "hosts.yml").write_text(yaml.safe_dump(hosts))
        return run(
            *("ansible-playbook", "-i", "inventories/single_host", "-i", top / "hosts.yml"),
            *("-e", f"manifests_directory={top}/site manifests_registry={REGISTRY}"),
            *options,
            "playbooks/manifests.yml",
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
        )

    return write


APPS = {"shop_app": FLASK_WITH_CELERY, "blog_app": DJANGO}


@pytest.fixture(scope="module")
def top(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("manifests")


@pytest.fixture(scope="module")
def written(write, top: Path) -> Path:
    """The directory with the manifests of the demo, of Flask with Celery, and of Django."""
    done = write(top, APPS)
    assert done.returncode == 0, done.stdout + done.stderr
    return top / "site"


@pytest.fixture(scope="module")
def manifests(written: Path) -> list[dict]:
    return pod.load(written / "setup", written / "serve")


@pytest.fixture
def named(manifests: list[dict]):
    """Return an object of the cluster, by kind and name."""
    objects = {(each["kind"], each["metadata"]["name"]): each for each in manifests}
    return lambda kind, name: objects[kind, name]


def test_manifests_fit_both_versions(written: Path):
    assert len(set(check_manifests.VERSIONS)) == 2
    found = [*check_manifests.documents(written / "setup")]
    found += check_manifests.documents(written / "serve")
    assert {document["kind"] for _, document in found} == {
        "ConfigMap",
        "CronJob",
        "Deployment",
        "Ingress",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Secret",
        "Service",
    }
    assert check_manifests.main([f"{written}/setup", f"{written}/serve"]) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            lambda it: it["spec"]["strategy"]["rollingUpdate"].update(maxSurgee=1),
            "maxSurgee",
            id="misspelt key",
        ),
        pytest.param(lambda it: it["spec"].update(replicas="two"), "'two'", id="wrong type"),
        pytest.param(lambda it: it["spec"].pop("selector"), "'selector'", id="missing field"),
        pytest.param(
            lambda it: it["spec"]["template"]["spec"]["containers"][0].pop("name"),
            "'name'",
            id="missing field of a container",
        ),
    ],
)
def test_check_finds(named, change, said: str):
    deployment = copy.deepcopy(named("Deployment", "shop"))
    change(deployment)
    found = list(check_manifests.faults(deployment))
    assert [fault.partition(":")[0] for fault in found] == list(check_manifests.VERSIONS)
    assert all(said in fault for fault in found)


def test_check_fails_for_a_wrong_manifest(named, tmp_path: Path, capsys):
    deployment = copy.deepcopy(named("Deployment", "shop"))
    deployment["spec"]["replica"] = 2
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump(deployment))
    assert check_manifests.main([str(tmp_path)]) == 2
    assert "Deployment shop: 1.33: spec: " in capsys.readouterr().out


@pytest.fixture
def image(tmp_path_factory) -> dict[str, Path]:
    """What stands for an image: Python with gunicorn, and the source of the app."""

    def image(app: str, source: Path) -> dict[str, str]:
        programs = tmp_path_factory.mktemp("bin")
        for name in ("gunicorn", "python3"):
            (programs / name).symlink_to(Path(sys.executable).with_name(name))
        top = f"/srv/wsgi/{app}"
        return {f"{top}/environment/bin": programs, f"{top}/source": source}

    return image


FORWARDED = {
    "Host": "example.org",
    "X-Forwarded-Host": "example.org",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}


@pytest.mark.parametrize(
    ("app", "source", "path"),
    [
        pytest.param("demo", "app/src", "/api/", id="demo"),
        pytest.param("shop", "tests/apps", "/shop/cart", id="Flask"),
        pytest.param("blog", "tests/apps", "/blog/login", id="Django"),
    ],
)
def test_pod_answers_below_its_prefix(
    manifests, image, tmp_path: Path, app: str, source: str, path: str
):
    pod_ = pod.Pod(manifests, "Deployment", app, tmp_path)
    prefix, url = "/" + path.split("/")[1], f"https://example.org{path}"
    request = (path, {**FORWARDED, "X-Forwarded-Prefix": prefix})
    ran = pod_.run([request], image(app, ROOT / source))
    ((status, headers, body),) = ran["answers"]
    assert ran["status"] == 0
    if 300 <= status < 400:
        assert headers["Location"].startswith(url)
    else:
        assert url in body


def test_process_has_variables_secrets_and_files(manifests, image, tmp_path: Path):
    pod_ = pod.Pod(manifests, "Deployment", "shop-worker", tmp_path)
    ran = pod_.run([], image("shop", ROOT / "tests/apps"), until="done")
    environment = FLASK_WITH_CELERY["wsgi_app_environment"]["GREETING"]
    secret = FLASK_WITH_CELERY["wsgi_app_secrets"]["API_KEY"]
    assert ran["files"]["found"][0] == f"{secret} {environment}\ncolour = blue\n"
    assert ran["files"]["conf/shop.ini"] == ["colour = blue\n", "0o640"]
    assert ran["files"]["conf/mail.key"] == ["swordfish", "0o600"]
    # The cluster sends TERM, and the process wants INT. It ends in time.
    assert ran["status"] == 0


def test_setup_commands_run_in_a_job(manifests, image, tmp_path: Path):
    (job,) = [
        each["metadata"]["name"]
        for each in manifests
        if each["kind"] == "Job" and each["metadata"]["name"].startswith("shop-")
    ]
    pod_ = pod.Pod(manifests, "Job", job, tmp_path)
    assert (
        "set up"
        in pod_.run([], image("shop", ROOT / "tests/apps"), until="set-up")["files"]["set-up"][0]
    )


def test_only_nginx_reaches_an_app(named):
    policy = named("NetworkPolicy", "shop")["spec"]
    (rule,) = policy["ingress"]
    (client,) = rule["from"]
    nginx = named("Deployment", "nginx")["spec"]["template"]["metadata"]["labels"]
    assert client == {"podSelector": {"matchLabels": nginx}}
    for workload in ("shop", "shop-worker", "shop-beat"):
        labels = named("Deployment", workload)["spec"]["template"]["metadata"]["labels"]
        assert policy["podSelector"]["matchLabels"].items() <= labels.items()
        assert not nginx.items() <= labels.items()


@pytest.mark.parametrize(("app", "egress"), [("shop", [{}]), ("blog", []), ("demo", [])])
def test_network_of_an_app(named, app: str, egress: list):
    policy = named("NetworkPolicy", app)["spec"]
    assert (policy["policyTypes"], policy["egress"]) == (["Ingress", "Egress"], egress)


def test_only_the_ingress_controller_reaches_nginx(named):
    (rule,) = named("NetworkPolicy", "nginx")["spec"]["ingress"]
    namespace = {"kubernetes.io/metadata.name": "kube-system"}
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": namespace}}]


def test_ingress_passes_all_names_to_nginx(named):
    rules = named("Ingress", "nginx")["spec"]["rules"]
    assert {rule["host"] for rule in rules} == {
        *("localhost", "shop.example.org", "example.org", "*.example.net"),
    }


def test_service_finds_the_web_process_only(manifests, named):
    selector = named("Service", "shop")["spec"]["selector"]
    pods = [each for each in manifests if each["kind"] in ("Deployment", "Job")]
    found = [
        each["metadata"]["name"]
        for each in pods
        if selector.items() <= each["spec"]["template"]["metadata"]["labels"].items()
    ]
    assert found == ["shop"]


def test_replicas_and_limits(named):
    web = named("Deployment", "shop")["spec"]
    assert web["replicas"] == 3
    assert web["template"]["spec"]["containers"][0]["resources"]["limits"] == {
        "memory": "512Mi",
        "cpu": "1.5",
    }
    assert named("Deployment", "shop-worker")["spec"]["replicas"] == 2


def test_exclusive_process_never_runs_twice(named):
    beat = named("Deployment", "shop-beat")["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_schedules(named):
    mails = named("CronJob", "shop-mails")["spec"]
    assert (mails["schedule"], mails["timeZone"]) == ("*/15 * * * *", "Etc/UTC")
    assert mails["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 60
    assert "startingDeadlineSeconds" in mails
    sessions = named("CronJob", "blog-sessions")["spec"]
    assert (sessions["schedule"], sessions["timeZone"]) == ("0 3 * * *", "Europe/Berlin")
    assert "startingDeadlineSeconds" not in sessions


def test_pod_ends_after_gunicorn(named):
    spec = named("Deployment", "shop")["spec"]["template"]["spec"]
    drain = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] >= drain + 30 + 5


def test_pod_that_ends_refuses_connections(named):
    spec = named("Deployment", "shop")["spec"]["template"]["spec"]
    (release,) = [each for each in spec["volumes"] if each["name"] == "release"]
    items = [
        item["path"]
        for each in release["projected"]["sources"]
        for item in each.get("configMap", {}).get("items", [])
    ]
    assert {"leaving", "lib/subsite_wsgi/leaving.py"} <= {*items}


def test_secrets_are_in_secrets_only(written: Path):
    hidden = ("hunter2", "swordfish", "0123456789")
    for path in [*written.glob("setup/*"), *written.glob("serve/*")]:
        text = path.read_text()
        found = [secret for secret in hidden if secret in text]
        assert not found or path.name.endswith(".secret.yaml")
        if path.name.endswith(".secret.yaml"):
            assert path.stat().st_mode & 0o777 == 0o600
    assert written.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("directory", ["setup", "serve"])
def test_kustomization_has_all_files(written: Path, directory: str):
    kustomization = yaml.safe_load((written / directory / "kustomization.yaml").read_text())
    files = {path.name for path in (written / directory).iterdir()} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files


def test_images_can_be_built(written: Path):
    """Of the sites, only the demo publishes files."""
    services = yaml.safe_load((written / "build.yaml").read_text())["services"]
    assert set(services) == {"demo", "bin", "shop", "blog", "nginx"}
    for service in services.values():
        context = written / service["build"]["context"]
        containerfile = (context / "Containerfile").read_text()
        for line in containerfile.splitlines():
            if line.startswith("COPY ") and "--from" not in line:
                assert (context / line.split()[1]).exists(), line
    secrets = yaml.safe_load((written / "build.yaml").read_text())["secrets"]
    assert services["blog"]["build"]["secrets"] == list(secrets)
    assert {name: (written / each["file"]).read_text() for name, each in secrets.items()} == {
        "blog_environment_variables": 'DJANGO_SETTINGS_MODULE="blog.production"\n',
        "blog_secrets": 'SECRET_KEY="0123456789"\n',
        "blog_build_environment": 'NODE_ENV="production"\n',
    }


def test_images_of_the_manifests_are_those_that_are_built(written: Path, manifests):
    services = yaml.safe_load((written / "build.yaml").read_text())["services"]
    used = {
        each["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in manifests
        if each["kind"] == "Deployment"
    }
    assert used == {service["image"] for service in services.values()}


def test_second_run_changes_nothing(write, written: Path, top: Path):
    stats = json.loads(write(top, APPS).stdout)["stats"]
    assert {host: count["changed"] for host, count in stats.items() if count["changed"]} == {}


def test_changed_setting_is_another_release(write, named, manifests, tmp_path: Path):
    changed = {**DJANGO, "wsgi_app_workers": 3}
    done = write(tmp_path, {"shop_app": FLASK_WITH_CELERY, "blog_app": changed})
    assert done.returncode == 0, done.stdout
    after = pod.load(tmp_path / "site/setup")
    names = {each["metadata"]["name"] for each in after if each["kind"] == "ConfigMap"}
    before = {each["metadata"]["name"] for each in manifests if each["kind"] == "ConfigMap"}
    assert {name.split("-")[0] for name in before - names} == {"blog"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"wsgi_app_writable_paths": ["/srv/media"]},
            "wsgi_app_writable_paths is ['/srv/media'], but",
        ),
        ({"wsgi_app_network": "local"}, "wsgi_app_network is 'local', but nothing else listens"),
    ],
)
def test_input_error_comes_before_any_change(write, tmp_path: Path, settings: dict, said: str):
    done = write(tmp_path, {"shop_app": {**FLASK_WITH_CELERY, **settings}, "blog_app": DJANGO})
    assert done.returncode != 0
    assert said in done.stdout
    assert not (tmp_path / "site").exists()


def test_ingress_needs_trusted_proxies(write, tmp_path: Path):
    done = write(
        tmp_path,
        APPS,
        "-e",
        json.dumps({"nginx_site_trusted_proxies": [], "nginx_site_proxy_preset": "none"}),
    )
    assert done.returncode != 0
    assert "nginx_site_trusted_proxies is empty, but clients reach nginx through" in done.stdout
    assert not (tmp_path / "site").exists()


def test_inventory_without_a_site_is_refused(write, tmp_path: Path):
    done = write(tmp_path, None, "-e", "nginx_site_state=absent")
    assert "The inventory has no site, and clients reach apps through nginx only" in done.stdout
    assert done.returncode == 2
    assert not (tmp_path / "site").exists()
