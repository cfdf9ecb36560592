"""Which page a status has."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.error_pages import error_pages


@pytest.fixture
def pages(tmp_path):
    """A function that returns the pages of a directory with these files."""

    def pages(*names: str, of_apps: bool = False) -> dict[str, str]:
        for name in names:
            (tmp_path / name).write_text("a page")
        return error_pages(str(tmp_path), of_apps)

    return pages


@pytest.mark.parametrize(
    ("names", "status", "page"),
    [
        pytest.param(["404.html", "40x.html", "4xx.html"], "404", "404.html", id="status"),
        pytest.param(["40x.html", "4xx.html"], "404", "40x.html", id="ten statuses"),
        pytest.param(["40x.html", "4xx.html"], "413", "4xx.html", id="all others"),
        pytest.param(["503.html"], "maintenance", "503.html", id="maintenance as 503"),
        pytest.param(["maintenance.html", "503.html"], "503", "503.html", id="503"),
    ],
)
def test_most_exact_name_counts(pages, names: list[str], status: str, page: str):
    assert pages(*names)[status] == page


def test_status_without_a_page_is_left_out(pages):
    assert pages("502.html") == {"502": "502.html"}


def test_statuses_of_apps(pages):
    assert "422" not in pages("4xx.html")
    assert pages("4xx.html", of_apps=True)["422"] == "4xx.html"


@pytest.mark.parametrize("status", ["421", "416"])
def test_status_that_never_has_a_page(pages, status: str):
    assert status not in pages("4xx.html", f"{status}.html", of_apps=True)
