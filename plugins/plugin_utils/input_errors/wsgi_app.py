"""Find what is wrong with the inputs of the role wsgi_app."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.module_utils import git_address
from ansible_collections.subsite.deploy.plugins.module_utils.image_archive import (
    ArchiveError,
    identify,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PYTHON = "/usr/bin/python3"
"""What wsgi_app_python is when nobody sets it."""

BUILDS = {
    "wsgi_app_packages": [],
    "wsgi_app_system_packages": [],
    "wsgi_app_installer": "uv",
    "wsgi_app_python": PYTHON,
    "wsgi_app_base_image": "python:3.13-slim",
}
"""What says how a release is built, and what it says when nobody sets it."""

REFERENCE = re.compile(
    r"(localhost|[\w-]+(\.[\w-]+)+|[\w.-]+(?=:))(:[0-9]+)?"  # the registry
    r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"  # the name in it
    r"(:\w[\w.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})",
    re.ASCII,
)

OURS = {
    "SCRIPT_NAME": "it is wsgi_app_prefix that sets it",
    "PYTHONPATH": "the release's own code has to come first",
    "LISTEN_FDS": "systemd sets it",
    "LISTEN_PID": "systemd sets it",
    "NOTIFY_SOCKET": "systemd sets it",
}

PATH = re.compile(r"(/[A-Za-z0-9._@+-]+)+")
SYSTEM = {"/bin", "/boot", "/etc", "/lib", "/sbin", "/usr"}
"""What no app may be let to write."""

NO_SANDBOX = re.compile(
    r"(Bind|Exec|Environment|Kill|Limit|Restart|Standard|Syslog|Timeout)[A-Z]|ReadWritePaths$|"
    r"(Environment|Group|Restart|Sockets|Type|User|WorkingDirectory)$"
)
"""Settings by which the role itself runs the app."""


def errors(variables: dict) -> Iterator[str]:
    """Yield what is wrong with the variables of a deploy."""
    yield from common.name("wsgi_app_name", variables["wsgi_app_name"])
    if variables["wsgi_app_state"] == "present":
        yield from _present(variables)


def _present(variables: dict) -> Iterator[str]:
    yield from _source(variables)
    yield from _callable(variables["wsgi_app_callable"])
    yield from _prefix(variables["wsgi_app_prefix"], variables["wsgi_app_prefix_mode"])
    yield from _public_url(variables)
    yield from _listen(variables["wsgi_app_listen"])
    yield from _environment(variables)
    yield from _files(variables["wsgi_app_files"])
    yield from _image(variables)
    yield from _numbers(variables)
    yield from _health(variables["wsgi_app_health"])
    yield from _shared_paths(variables)
    yield from _limits(variables["wsgi_app_limits"])
    yield from _sandbox(variables)
    yield from _switch(variables)


def _source(variables: dict) -> Iterator[str]:
    source = variables.get("wsgi_app_source")
    if source is None:
        yield (
            "wsgi_app_source is not set: say where the code comes from, as in "
            "{type: local, path: /home/me/shop}."
        )
    elif source["type"] == "local" and not os.path.isdir(source["path"]):
        yield (
            f"wsgi_app_source.path is {source['path']!r}: there is no such directory on the "
            "controller. A relative path starts where ansible-playbook was called; "
            "{{ playbook_dir }} or {{ inventory_dir }} make it the same everywhere."
        )
    elif source["type"] == "git":
        yield from _git(source)
    elif source["type"] == "image":
        yield from _ready_image(source, variables)
    if source and "signed_by" in source:
        yield from _signatures(source)
    if variables["wsgi_app_registry_login"] and "ref" not in (source or {}):
        yield (
            "wsgi_app_registry_login is set, but it is for an image that a registry has, as in "
            "wsgi_app_source: {type: image, ref: registry.example.org/shop:1.4}; leave it out."
        )


def _git(source: dict) -> Iterator[str]:
    url, version = source["url"], source["version"]
    if not git_address.is_url(url):
        yield (
            f"wsgi_app_source.url is {git_address.hide_credentials(url)!r}: write an https, ssh, "
            "git or file URL, an absolute path on the host, or user@host:path for SSH, as in "
            "'https://git.example.org/shop.git'."
        )
    if not isinstance(version, str):
        yield (
            f"wsgi_app_source.version is {version!r}, a number, which may have lost a digit: put "
            "quotes around it."
        )
    elif not git_address.is_version(version):
        yield (
            f"wsgi_app_source.version is {version!r}: write a tag or a branch, as in 'v1.4' or "
            "'refs/tags/v1.4', or the 40 hexadecimal digits of a commit."
        )


def _signatures(source: dict) -> Iterator[str]:
    keys = source["signed_by"]
    if source["type"] != "git":
        yield (
            f"wsgi_app_source.signed_by is {keys!r}, but the type is {source['type']!r}: it is git "
            "that knows signatures; leave it out."
        )
    elif not keys:
        yield (
            "wsgi_app_source.signed_by is empty, so that nobody's signature would do: name "
            "keys, or leave it out."
        )
    for key in keys:
        if not re.fullmatch(r"[0-9A-F]{40}", key):
            yield (
                f"wsgi_app_source.signed_by has {key!r}: write the whole fingerprint of a key, 40 "
                "capital hexadecimal digits without spaces, as 'gpg --list-keys' shows it."
            )


def _ready_image(source: dict, variables: dict) -> Iterator[str]:
    if variables["wsgi_app_backend"] == "systemd":
        yield (
            "wsgi_app_source.type is 'image', but wsgi_app_backend is 'systemd', which runs apps "
            "without one: write a backend with containers, as in wsgi_app_backend: podman."
        )
    elif variables["wsgi_app_backend"] == "rootless_podman":
        yield (
            "wsgi_app_source.type is 'image', but wsgi_app_backend is 'rootless_podman', which "
            "builds images itself: name yours in wsgi_app_base_image, or write podman or docker."
        )
    if "ref" in source and not REFERENCE.fullmatch(source["ref"]):
        yield (
            f"wsgi_app_source.ref is {source['ref']!r}: write the registry, the image's name in "
            "it, and a tag or a digest, as in 'registry.example.org/shop:1.4' or "
            "'docker.io/library/shop@sha256:' with 64 hexadecimal digits."
        )
    if "archive" in source:
        try:
            identify(source["archive"])
        except ArchiveError as error:
            yield f"wsgi_app_source.archive cannot be used: {error}"
    for variable, default in BUILDS.items():
        if variables[variable] != default:
            yield (
                f"{variable} is {variables[variable]!r}, but an image is built already and has to "
                "bring what the app needs: leave it out."
            )


def _callable(value: str) -> Iterator[str]:
    module, _, target = value.partition(":")
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", module) or not _is_target(target):
        yield (
            f"wsgi_app_callable is {value!r}: write 'module:attribute', as in 'shop.wsgi:app', or "
            "a factory with literal arguments, as in \"shop:create_app('production')\"."
        )


def _is_target(text: str) -> bool:
    """Return whether gunicorn accepts ``text``: a name, or a call of one with literals."""
    try:
        expression = ast.parse(text, mode="eval").body
        if isinstance(expression, ast.Call):
            for argument in [*expression.args, *(word.value for word in expression.keywords)]:
                ast.literal_eval(argument)
            expression = expression.func
    except (SyntaxError, ValueError):
        return False
    return isinstance(expression, ast.Name)


def _prefix(value: str, mode: str) -> Iterator[str]:
    if value == "/":
        yield "wsgi_app_prefix is '/': leave it empty for the root of the site."
    elif value:
        yield from common.prefix("wsgi_app_prefix", value)
    elif mode != "script_name":
        yield (
            f"wsgi_app_prefix_mode is {mode!r}, but wsgi_app_prefix is empty: at the root there is "
            "no prefix to take off or to own; leave the mode out."
        )


def _public_url(variables: dict) -> Iterator[str]:
    url, prefix = variables["wsgi_app_public_url"], variables["wsgi_app_prefix"]
    if not url:
        return
    wrong = list(common.public_url("wsgi_app_public_url", url))
    path = "/" + url.partition("://")[2].partition("/")[2]
    if wrong:
        yield from wrong
    elif not path.endswith(prefix):
        yield (
            f"wsgi_app_public_url is {url!r}, but wsgi_app_prefix is {prefix!r}: the URL has to "
            f"end with it, as in {f'https://example.org{prefix}'!r}."
        )
    for variable in ("wsgi_app_environment", "wsgi_app_secrets"):
        if "PUBLIC_URL" in variables[variable]:
            yield (
                f"{variable} sets PUBLIC_URL, and so does wsgi_app_public_url: leave one of them "
                "out."
            )


def _listen(value: str) -> Iterator[str]:
    if not common.is_own_address(value) and not common.is_socket(value):
        yield (
            f"wsgi_app_listen is {value!r}: write a socket's path, as in '/run/wsgi/shop.sock', or "
            "an address in figures with a port, as in '10.0.0.11:8000'."
        )


def _environment(variables: dict) -> Iterator[str]:
    for variable in ("wsgi_app_environment", "wsgi_app_secrets"):
        secret = variable == "wsgi_app_secrets"
        for name, value in variables[variable].items():
            if not VARIABLE.fullmatch(str(name)):
                yield (
                    f"{variable} has {name!r}: letters, digits and '_' make a name, as in "
                    "'API_KEY'."
                )
            elif name in OURS:
                yield f"{variable} sets {name}, but {OURS[name]}; leave it out."
            elif not isinstance(value, str):
                shown = "of another type" if secret else repr(value)
                yield (
                    f"{variable}.{name} is {shown}: the environment holds text, so put quotes "
                    "around it."
                )
            elif "\0" in value:
                yield f"{variable}.{name} has a null character, which the environment cannot hold."
    both = set(variables["wsgi_app_environment"]) & set(variables["wsgi_app_secrets"])
    for name in sorted(both):
        yield f"{name} is in wsgi_app_environment and in wsgi_app_secrets: keep it in one of them."


def _files(files: list[dict]) -> Iterator[str]:
    for file in files:
        dest = file["dest"]
        if not common.PREFIX.fullmatch(f"/{dest}"):
            yield (
                f"wsgi_app_files has dest {dest!r}: write a path below the data directory, as in "
                "'settings.ini' or 'conf/settings.ini'."
            )
        mode = file.get("mode", "0640")
        if not isinstance(mode, str) or not re.fullmatch(r"0?[0-7]{3}", mode):
            yield f'wsgi_app_files has mode {mode!r} for {dest}: write it in quotes, as in "0640".'


def _image(variables: dict) -> Iterator[str]:
    base, python = variables["wsgi_app_base_image"], variables["wsgi_app_python"]
    ready = variables.get("wsgi_app_source", {}).get("type") == "image"
    if not re.fullmatch(r"[a-z0-9][!-~]*", base):
        yield (
            f"wsgi_app_base_image is {base!r}: write an image as the engine knows it, as in "
            "'python:3.13-slim'."
        )
    if variables["wsgi_app_backend"] != "systemd" and python != PYTHON and not ready:
        yield (
            f"wsgi_app_python is {python!r}, but an image has an interpreter of its own: choose it "
            "with wsgi_app_base_image, as in 'python:3.12-slim'."
        )
    if variables["wsgi_app_backend"] != "systemd":
        yield from common.sandbox("wsgi_app_sandbox", variables["wsgi_app_sandbox"])


def _numbers(variables: dict) -> Iterator[str]:
    least = {
        "wsgi_app_workers": (1, "each serves requests"),
        "wsgi_app_threads": (1, "each serves a request"),
        "wsgi_app_timeout": (1, "it is in seconds"),
        "wsgi_app_keep_releases": (2, "the one that serves and the one before it always stay"),
    }
    for variable, (minimum, why) in least.items():
        if int(variables[variable]) < minimum:
            yield f"{variable} is {variables[variable]}: use {minimum} or more; {why}."


def _health(health: dict) -> Iterator[str]:
    path = health.get("path", "/")
    if not re.fullmatch(r"/[!-~]*", path):
        yield (
            f"wsgi_app_health.path is {path!r}: begin with a slash, below the prefix, as in "
            "'/healthz'."
        )
    for status in health.get("status", []):
        if not 100 <= int(status) <= 599:
            yield f"wsgi_app_health.status has {status}: use HTTP statuses, as in [200]."
    if int(health.get("timeout", 10)) < 1:
        yield f"wsgi_app_health.timeout is {health['timeout']}: use a second or more."
    host = health.get("host", "localhost")
    if not common.HOST.fullmatch(host) and not common.is_address(host):
        yield f"wsgi_app_health.host is {host!r}: write a host, as in 'example.org'."


def _shared_paths(variables: dict) -> Iterator[str]:
    paths = variables["wsgi_app_shared_paths"]
    if paths and variables.get("wsgi_app_source", {}).get("type") == "pip":
        yield (
            f"wsgi_app_shared_paths is {paths!r}, but a package has no directories of its own: it "
            "runs in its data directory, which all its releases share."
        )
    for path in paths:
        if not common.PREFIX.fullmatch(f"/{path}"):
            yield (
                f"wsgi_app_shared_paths has {path!r}: write a directory in the source, as in "
                "'media' or 'shop/static/uploads'."
            )
    names = [os.path.basename(path) for path in paths]
    for path in paths:
        for above in paths:
            if path.startswith(f"{above}/"):
                yield (
                    f"wsgi_app_shared_paths has {path!r}, which is in {above!r}: the app can write "
                    f"there already. Leave it out."
                )
    for name in sorted({name for name in names if names.count(name) > 1}):
        both = ", ".join(path for path in paths if os.path.basename(path) == name)
        yield f"wsgi_app_shared_paths has {both}: they would share one directory, {name!r}."


def _limits(limits: dict) -> Iterator[str]:
    if not re.fullmatch(r"[1-9][0-9]*[KMG]", str(limits.get("memory", "1G"))):
        yield (
            f"wsgi_app_limits.memory is {limits['memory']!r}: write a size with its unit, as in "
            "'512M'."
        )
    if int(limits.get("tasks", 1)) < 1:
        yield (
            f"wsgi_app_limits.tasks is {limits['tasks']}: each worker takes one, and one for each "
            "of its threads."
        )
    if float(limits.get("cpus", 1)) < 0.01:
        yield f"wsgi_app_limits.cpus is {limits['cpus']}: write a part of one or more, as in 1.5."


def _sandbox(variables: dict) -> Iterator[str]:
    for path in variables["wsgi_app_writable_paths"]:
        if not PATH.fullmatch(path) or os.path.normpath(path) != path or path in SYSTEM:
            yield (
                f"wsgi_app_writable_paths has {path!r}: write the absolute path of one directory "
                "or file, without spaces, as in '/srv/media'."
            )
    for name, value in variables["wsgi_app_sandbox"].items():
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name):
            yield (
                f"wsgi_app_sandbox has {name!r}: write a setting as systemd calls it, as in "
                "'MemoryDenyWriteExecute'."
            )
        elif NO_SANDBOX.match(name):
            yield f"wsgi_app_sandbox sets {name}, but that is the role's own affair; leave it out."
        for setting in value if isinstance(value, list) else [value]:
            if not isinstance(setting, (str, bool, int)) or "\n" in str(setting):
                yield (
                    f"wsgi_app_sandbox.{name} is {value!r}: write a text of one line, a yes or no, "
                    "or a list of them."
                )


def _switch(variables: dict) -> Iterator[str]:
    for variable in ("wsgi_app_before_switch", "wsgi_app_after_switch"):
        value = variables[variable]
        if value and not os.path.isfile(value):
            yield (
                f"{variable} is {value!r}: there is no such file on the controller. "
                "{{ playbook_dir }} begins a path that is the same everywhere."
            )
    if variables["wsgi_app_release"]:
        yield (
            f"wsgi_app_release is {variables['wsgi_app_release']!r}, but a deploy makes its own "
            "release: it is playbooks/rollback.yml that goes back to one."
        )
