"""The examples of the README work, copied word by word into an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from answer import Answer
from client import ask
from controller import MOLECULE, PROJECT
from patience import eventually

[CONTAINER] = [platform["name"] for platform in MOLECULE["platforms"]]
BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
PATH = re.compile(r"`(?P<path>[\w./-]+)`[^`]*:$")


class Example:
    """A chapter of the README, in a directory."""

    def __init__(self, heading: str, parent: Path) -> None:
        """Read the chapter. Its host is the one of this scenario."""
        readme = (PROJECT / "README.md").read_text()
        self.chapter = readme.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert self.chapter
        self.directory = parent / "empty"
        self.directory.mkdir()
        ssh = parent / "ssh_config"
        rules = (PROJECT / "molecule/shared/ssh_config").read_text()
        ssh.write_text(
            rules.replace("Host subsite-*", "Host *.example.org").replace("%h", CONTAINER)
        )
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")
        } | {
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_SSH_ARGS": f"-F {ssh}",
        }

    def follow(self) -> str:
        """Write the files and run the commands in their order, and return the output."""
        script = "set -eux\n"
        for block in BLOCK.finditer(self.chapter):
            if block["language"] == "console":
                script += re.sub(r"(?m)^\$ ", "", block["text"])
            else:
                path = PATH.search(block["before"])["path"]
                script += f"mkdir -p $(dirname {path})\ncat >{path} <<'END'\n{block['text']}END\n"
        return self.run(script)

    def run(self, script: str) -> str:
        """Run a script in the directory, which has to succeed, and return its output."""
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> Callable[[str], Example]:
    """Return a function that makes an empty directory for an example."""
    return lambda heading: Example(heading, tmp_path_factory.mktemp("example"))


class TestShop:
    """Flask with PostgreSQL and Celery."""

    HOST = "shop.example.org"

    @pytest.fixture(scope="class")
    def shop(self, example) -> Example:
        return example("Example: Flask with PostgreSQL and Celery")

    @pytest.fixture(scope="class")
    def output(self, shop) -> str:
        return shop.follow()

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> Answer:
        return ask(path, method, host=self.HOST, body=body)

    def is_packed(self) -> bool:
        """Return whether there are orders, and a worker has packed all of them."""
        orders = self.ask("/shop/").json
        return bool(orders) and all(order["is_packed"] for order in orders)

    def test_command_shows_the_migration(self, output):
        assert "(head)" in output.rpartition("PLAY [")[2]

    def test_orders_are_packed(self, output):
        answer = self.ask("/shop/orders", "POST")
        assert (answer.status, answer.headers["Location"]) == (302, "/shop/")
        assert eventually(self.is_packed)

    def test_upload_comes_back(self, output):
        body = os.urandom(5 * 2**20)
        answer = self.ask("/shop/uploads/picture", "POST", body)
        assert (answer.status, answer.headers["Location"]) == (302, "/shop/uploads/picture")
        assert self.ask("/shop/uploads/picture").body == body

    def test_mail_has_the_link_of_the_client(self, output, host):
        host.check_output("systemctl start wsgi-shop_schedule_mails")
        mails = host.check_output("journalctl --unit smtp-sink --output cat")
        assert "http://shop.example.org/shop/" in mails.splitlines()

    def test_clock_and_workers_run(self, output, host):
        overview = host.check_output("wsgi-run shop")
        assert len(re.findall(r"process_(worker|beat)_\d\..*  active", overview)) == 3
        assert "wsgi-shop_schedule_mails.timer  next" in overview

    def test_second_run_changes_nothing(self, shop, output):
        again = shop.run("ansible-playbook -i my-hosts subsite.deploy.site")
        assert set(re.findall(r"changed=(\d+)", again)) == {"0"}

    def test_change_is_live_with_its_workers(self, shop, output, host):
        shop.run("sed -i 's/orders wait/orders are waiting/' shop/shop.py")
        shop.run("ansible-playbook -i my-hosts subsite.deploy.site")
        assert self.ask("/shop/orders", "POST").status == 302
        assert eventually(self.is_packed)


class TestBlog:
    """Django."""

    HOST = "blog.example.org"

    @pytest.fixture(scope="class")
    def output(self, example) -> str:
        return example("Example: Django").follow()

    def ask(self, path: str, method: str = "GET", **how) -> Answer:
        return ask(path, method, host=self.HOST, **how)

    def test_admin_has_its_style(self, output):
        page = self.ask("/blog/admin/login/")
        assert page.status == 200
        [style] = re.findall(r'href="(/blog/static/admin/css/base[^"]*\.css)"', page.text)
        answer = self.ask(style)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")

    def test_user_of_a_pipe_can_log_in(self, output, host):
        read = "read -r DJANGO_SUPERUSER_PASSWORD; export DJANGO_SUPERUSER_PASSWORD"
        create = "python manage.py createsuperuser --noinput --username me --email me@example.org"
        host.check_output(f"echo 'open sesame' | wsgi-run blog sh -c '{read}; {create}'")
        page = self.ask("/blog/admin/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        answer = self.ask(
            "/blog/admin/login/?next=/blog/admin/",
            "POST",
            body=f"csrfmiddlewaretoken={token}&username=me&password=open+sesame",
            headers={
                "Cookie": cookie,
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://{self.HOST}",
            },
        )
        assert (answer.status, answer.headers["Location"]) == (302, "/blog/admin/")
        assert all("Path=/blog" in value for value in answer.headers.get_all("Set-Cookie"))

    def test_command_of_the_night(self, output, host):
        host.check_output("systemctl start wsgi-blog_schedule_sessions")
        assert "wsgi-blog_schedule_sessions.timer  next" in host.check_output("wsgi-run blog")
