"""Apps as their authors publish them, with their locks, used as people use them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from http.client import HTTPMessage
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin
from uuid import uuid4

import pytest
from answer import Answer
from client import LOCALHOST, ask

PORT = LOCALHOST.rpartition(":")[2]
SITE = f"published.example.test:{PORT}"
RECORDS = f"records.example.test:{PORT}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Browser:
    """Keeps cookies, sends forms and follows redirects."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.path = ""
        """The path of the last page."""

    def get(self, path: str) -> Answer:
        """Return the page at ``path``."""
        return self._end(self._ask(path))

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form, and return the page that follows."""
        return self._end(self._ask(path, "POST", body=urlencode(fields)))

    def type_of_style(self, path: str) -> str:
        """Return the type of the first style of a page, which is below ``static`` of its app."""
        style = re.search(
            rf'href="(/{path.split("/")[1]}/static/[^"]+\.css[^"]*)"', self.get(path).text
        )
        assert style
        return self.get(style[1]).headers.get_content_type()

    def _ask(self, path: str, method: str = "GET", body: str | None = None) -> Answer:
        self.path = path
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Origin": f"http://{SITE}", **(FORM if body else {})}
        answer = ask(path, method, host=SITE, body=body, headers=headers)
        self._keep(answer.headers)
        return answer

    def _keep(self, headers: HTTPMessage) -> None:
        for line in headers.get_all("Set-Cookie", []):
            self.cookies |= {name: each.value for name, each in SimpleCookie(line).items()}

    def _end(self, answer: Answer) -> Answer:
        while answer.location:
            target = urljoin(f"http://{SITE}{self.path}", answer.location)
            assert target.startswith(f"http://{SITE}/")
            answer = self._ask(target.removeprefix(f"http://{SITE}"))
        return answer

    def fill_in(self, path: str, **fields: str) -> Answer:
        """Send the form of a page of Django, and return the page that follows."""
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', self.get(path).text)
        assert token
        return self.post(self.path, csrfmiddlewaretoken=token[1], **fields)


@pytest.fixture
def browser() -> Browser:
    return Browser()


def log_in_at(browser: Browser, path: str) -> Browser:
    """Log in as the keeper at a page of Django that only users see."""
    answer = browser.fill_in(path, username="keeper", password="what-the-keeper-alone-knows")
    assert (browser.path, answer.status) == (path, 200)
    return browser


def packages(host, release, app: str) -> dict[str, str]:
    """Return the versions of the packages in the environment of an app."""
    names = host.check_output(f"ls {release(app)}/venv/lib/python3*/site-packages").split()
    found = (re.fullmatch(r"(.+?)-([^-]+)\.dist-info", name) for name in names)
    return {match[1].lower().replace("-", "_"): match[2] for match in found if match}


class TestAuthority:
    """django-ca: its code is in a directory below the one of its uv.lock."""

    @pytest.fixture
    def admin(self, browser: Browser) -> Browser:
        return log_in_at(browser, "/authority/admin/")

    def test_lock_decides(self, host, release):
        assert packages(host, release, "authority")["cryptography"] == "50.0.2"

    def test_has_chosen_extras_and_no_groups_of_developers(self, host, release):
        found = packages(host, release, "authority")
        assert {"django_ninja", "pyyaml"} <= found.keys()
        assert not {"celery", "mypy", "ruff", "sphinx", "tox"} & found.keys()

    def test_login_leads_to_the_authority(self, admin: Browser):
        page = admin.get("/authority/admin/django_ca/certificateauthority/").text
        assert re.search(r'href="/authority/admin/django_ca/certificateauthority/1/change/', page)

    def test_site_of_django_has_its_styles(self, admin: Browser):
        assert admin.type_of_style("/authority/admin/") == "text/css"

    def test_certificate_is_at_its_url(self, admin: Browser):
        page = admin.get("/authority/admin/django_ca/certificateauthority/1/change/").text
        url = re.search(r"//published\.example\.test(/authority/django_ca/issuer/\w+\.der)", page)
        assert url
        assert admin.get(url[1]).headers.get_content_type() == "application/pkix-cert"


class TestRecords:
    """Kinto, whose version is the one of a tag."""

    ANN = {
        "Authorization": f"Basic {b64encode(b'ann:secret').decode()}",
        "Content-Type": "application/json",
    }

    def put(self, path: str, method: str = "PUT", **data: str) -> Answer:
        body = json.dumps({"data": data})
        return ask(f"/v1{path}", method, host=RECORDS, body=body, headers=self.ANN)

    def test_has_its_version(self):
        assert ask("/v1/", host=RECORDS).json["project_version"] == "26.5.0"

    def test_redirect_to_the_version(self):
        assert ask("/", host=RECORDS).location == f"http://{RECORDS}/v1/"

    def test_record_is_kept(self):
        assert self.put("/accounts/ann", password="secret").status in (200, 201)
        records = "/buckets/default/collections/goods/records"
        made = self.put(records, "POST", name="bread").json["data"]
        found = ask(f"/v1{records}/{made['id']}", host=RECORDS, headers=self.ANN).json["data"]
        assert found == made

    def test_next_page_has_the_public_url(self):
        self.put("/accounts/ann", password="secret")
        records = "/v1/buckets/default/collections/goods/records"
        for name in ("salt", "oil"):
            self.put(records.removeprefix("/v1"), "POST", name=name)
        page = ask(f"{records}?_limit=1", host=RECORDS, headers=self.ANN)
        following = page.headers["Next-Page"].removeprefix(f"http://{RECORDS}")
        found = ask(following, host=RECORDS, headers=self.ANN).json["data"]
        assert [record["name"] for record in page.json["data"] + found] == ["oil", "salt"]


class TestBooks:
    """Fava, whose build compares the times of its files. Its pages read and write by an API."""

    LEDGER = "/books/example-beancount-file"

    def test_lock_decides(self, host, release):
        found = packages(host, release, "books")
        assert (found["werkzeug"], found["beancount"]) == ("3.1.8", "3.2.3")
        assert not {"mypy", "pytest", "sphinx"} & found.keys()

    def test_first_page_leads_to_the_accounts(self, browser: Browser):
        assert browser.get("/books/").status == 200
        assert browser.path == f"{self.LEDGER}/income_statement/"

    def test_page_has_its_scripts(self, browser: Browser):
        page = browser.get(f"{self.LEDGER}/journal/").text
        script = re.search(r'src="(/books/static/app\.js[^"]*)"', page)
        assert script
        assert browser.get(script[1]).headers.get_content_type() == "text/javascript"

    def test_entry_is_read_again_by_each_worker(self):
        narration = f"Bread {uuid4()}"
        postings = [
            {"account": "Expenses:Food:Groceries", "amount": "4.20 USD"},
            {"account": "Assets:US:BofA:Checking", "amount": ""},
        ]
        entry = {"t": "Transaction", "date": "2017-09-13", "flag": "*", "payee": "Bakery"}
        entry |= {"narration": narration, "postings": postings, "tags": [], "links": [], "meta": {}}
        body = json.dumps({"entries": [entry]})
        headers = {"Content-Type": "application/json"}
        path = f"{self.LEDGER}/api/add_entries"
        answer = ask(path, "PUT", host=SITE, body=body, headers=headers)
        assert answer.json["data"] == "Stored 1 entries."
        journal = f"{self.LEDGER}/download-journal/?filter=payee:Bakery"
        assert {narration in ask(journal, host=SITE).text for _ in range(20)} == {True}


class TestClusters:
    """ColdFront, whose routes begin with the prefix that its settings have."""

    @pytest.fixture
    def keeper(self, browser: Browser) -> Browser:
        return log_in_at(browser, "/clusters/project/")

    def test_lock_decides(self, host, release):
        found = packages(host, release, "clusters")
        assert (found["gunicorn"], found["django"]) == ("26.2.0", "5.2.17")
        assert not {"faker", "psycopg2", "pytest_django"} & found.keys()

    def test_login_has_the_prefix_once(self, browser: Browser):
        assert browser.get("/clusters/project/").status == 200
        assert browser.path == "/clusters/user/login?next=/clusters/project/"

    def test_page_has_its_styles(self, browser: Browser):
        assert browser.type_of_style("/clusters/") == "text/css"

    def test_web_app_has_its_icons(self, browser: Browser):
        manifest = browser.get("/clusters/static/common/site.webmanifest").json
        icons = [browser.get(icon["src"]) for icon in manifest["icons"]]
        assert {icon.headers.get_content_type() for icon in icons} == {"image/png"}

    def test_project_is_read_again(self, keeper: Browser):
        title = f"Folding {uuid4()}"
        project = {"title": title, "description": "How proteins fold", "field_of_science": "149"}
        page = keeper.fill_in("/clusters/project/create/", **project)
        assert re.fullmatch(r"/clusters/project/\d+/", keeper.path)
        assert title in page.text
        assert f'href="{keeper.path}"' in keeper.get("/clusters/project/").text


class TestShorty:
    """An example of Werkzeug: its lock is that of Werkzeug, in the directory above."""

    def test_lock_decides(self, host, release):
        found = packages(host, release, "shorty")
        assert found["markupsafe"] == "3.0.3"
        assert found["sqlalchemy"].startswith("1.4.")

    def test_short_url_leads_to_its_target(self, browser: Browser):
        target = f"http://{SITE}/languages/en/"
        browser.post("/shorty/", url=target, alias=f"to-{id(browser)}")
        assert browser.path == f"/shorty/display/to-{id(browser)}"
        assert f"http://{SITE}/shorty/u/to-{id(browser)}" in browser.get("/shorty/list/").text
        assert browser.get(f"/shorty/u/to-{id(browser)}").status == 200
        assert browser.path == "/languages/en/"


class TestLanguages:
    def test_first_page_leads_to_the_language_of_the_client(self, browser: Browser):
        browser.get("/languages/")
        assert browser.path == "/languages/en/"

    def test_links_have_the_prefix(self, browser: Browser):
        links = re.findall(r'href="(/[^"]+)"', browser.get("/languages/de/").text)
        assert links
        assert {link.startswith("/languages/") for link in links} == {True}
        assert {browser.get(link).status for link in links} == {200}


class TestFlaskr:
    """The tutorial of Flask: a project of its own, so that the lock of Flask is not its."""

    def test_post_is_read_again(self, browser: Browser):
        name = f"ann-{id(browser)}"
        browser.post("/flaskr/auth/register", username=name, password="secret")
        assert browser.path == "/flaskr/auth/login"
        assert "Log Out" in browser.post(browser.path, username=name, password="secret").text
        page = browser.post("/flaskr/create", title=f"Bread of {name}", body="with salt").text
        assert (browser.path, f"Bread of {name}" in page) == ("/flaskr/", True)
        assert f"Bread of {name}" in Browser().get("/flaskr/").text
