"""Run the command of a container by hand, with what its manifest gives it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

INSIDE = Path(__file__).with_name("inside_pod.py")


class Pod:
    """A pod of a rendered manifest, whose files are in ``top``.

    :param manifests: all objects of the cluster.
    :param kind: Deployment, Job or CronJob.
    """

    def __init__(self, manifests: list[dict], kind: str, name: str, top: Path) -> None:
        self.top = top
        self.manifests = manifests
        workload = self.named(kind, name)["spec"]
        workload = workload["jobTemplate"]["spec"] if kind == "CronJob" else workload
        self.spec = workload["template"]["spec"]
        (self.container,) = self.spec["containers"]
        for mount in self.container["volumeMounts"]:
            (volume,) = (each for each in self.spec["volumes"] if each["name"] == mount["name"])
            self.fill(top / mount["mountPath"].lstrip("/"), volume)

    def named(self, kind: str, name: str) -> dict:
        """Return an object of the cluster."""
        (found,) = (
            each
            for each in self.manifests
            if (each["kind"], each["metadata"]["name"]) == (kind, name)
        )
        return found

    def fill(self, directory: Path, volume: dict) -> None:
        """Write what ``volume`` has, as a kubelet does."""
        directory.mkdir(parents=True)
        for source in volume.get("projected", {}).get("sources", []):
            ((kind, entry),) = source.items()
            stored = self.named({"configMap": "ConfigMap", "secret": "Secret"}[kind], entry["name"])
            contents = stored.get("data") or stored["stringData"]
            for item in entry["items"]:
                path = directory / item["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(contents[item["key"]])

    def run(
        self, requests: list[tuple[str, dict]], image: dict[str, Path], until: str = ""
    ) -> dict:
        """Start the command, return answers to ``requests``, and end it as a kubelet does.

        :param image: what the image has, by its path in the container.
        :param until: a file of the data directory that ends the wait, if nothing serves.
        """
        plan = {
            "top": str(self.top),
            "image": {path: str(source) for path, source in image.items()},
            "command": self.container["command"],
            "working_dir": self.container.get("workingDir", "/"),
            "environment": {each["name"]: each["value"] for each in self.container["env"]},
            "grace": self.spec["terminationGracePeriodSeconds"],
            "requests": requests,
            "until": until,
        }
        done = subprocess.run(
            ["unshare", "--mount", "--net", "--", sys.executable, INSIDE],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def load(*directories: Path) -> list[dict]:
    """Return all objects of the cluster that are in ``directories``."""
    texts = [path.read_text() for top in directories for path in sorted(top.glob("*.yaml"))]
    return [
        each for text in texts for each in yaml.safe_load_all(text) if each and "metadata" in each
    ]
