"""nginx has room for all names, in every number, without a warning."""

import pytest

DNS_LIMIT = ".".join([*["x" * 63] * 3, "y" * 61])
"""A name of 253 characters, the most that DNS allows (RFC 1035, 2.3.4)."""

EC2 = "ec2-203-0-113-125.us-west-2.compute.amazonaws.com"
NAMES = {
    "DNS_LIMIT": [DNS_LIMIT],
    "wildcard": ["a.example", f"*.{DNS_LIMIT[:251]}"],
    "cloud host": [EC2],
    "700 names": [f"customer-{number}.shops.example" for number in range(700)],
    "700 long names": [f"{number}{DNS_LIMIT[3:]}" for number in range(100, 800)],
}


def site(name: str, names: list[str], **more) -> dict:
    return {
        "nginx_site_name": name,
        "nginx_site_server_names": names,
        "nginx_site_mounts": [{"path": "/", "redirect": "https://other.example/"}],
        **more,
    }


def complaints(nginx) -> list[str]:
    """What nginx has against the configuration."""
    return nginx.run("-t", "-q").stderr.splitlines()


@pytest.mark.parametrize(
    "trust",
    [
        pytest.param({}, id="direct"),
        pytest.param(
            {
                "nginx_site_trusted_proxies": ["10.0.0.5"],
                "nginx_site_trusted_headers": ["proto", "for", "host"],
            },
            id="behind a proxy",
        ),
    ],
)
@pytest.mark.parametrize("names", NAMES.values(), ids=list(NAMES))
def test_every_name_fits(nginx, nginx_site, names: list[str], trust: dict):
    assert nginx_site.input_errors(site("shop", names, **trust)) == []
    nginx.add(nginx_site, site("shop", names, **trust))
    # nginx has a table of names only if an address has two servers.
    nginx.add(nginx_site, site("blog", ["blog.example"]))
    assert complaints(nginx) == []


def test_hundred_sites_fit(nginx, nginx_site):
    nginx.add(nginx_site, site("shop", ["shop.example"]))
    text = (nginx.top / "sites/shop.conf").read_text()
    for number in range(100):
        copy = nginx.top / f"sites/shop{number}.conf"
        copy.write_text(text.replace("shop", f"shop{number}"))
    assert complaints(nginx) == []


def test_directive_of_another_file_is_left_out(nginx, nginx_site):
    """nginx refuses a directive that is set twice."""
    nginx.add(nginx_site, site("shop", [EC2]))
    main = nginx.top / "nginx.conf"
    main.write_text(main.read_text().replace("http {", "http { server_names_hash_bucket_size 128;"))
    assert "duplicate" in complaints(nginx)[0]
    nginx.add(nginx_site, site("shop", [EC2]))
    assert complaints(nginx) == []
    sizes = (nginx.top / "conf.d/hash-sizes.conf").read_text()
    assert "server_names_hash_max_size" in sizes
    assert "server_names_hash_bucket_size" not in sizes
