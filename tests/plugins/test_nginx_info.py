"""Which nginx a host has, and which files of its configuration set a directive."""

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import layout
from ansible_collections.subsite.deploy.plugins.modules import nginx_info

DEBIAN_12 = """nginx version: nginx/1.22.1
built with OpenSSL 3.0.9 30 May 2023 (running with OpenSSL 3.0.19 27 Jan 2026)
TLS SNI support enabled
configure arguments: --with-http_ssl_module --with-http_geoip_module=dynamic --with-http_v2_module
"""
NOT_INSTALLED = {"version": "", "openssl_version": "", "modules": []}


@pytest.fixture
def without_nginx(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nginx_info, "describe_build", lambda module: "")


def test_build_is_described(run_module, stand_in, tmp_path):
    stand_in("nginx", f"sys.stderr.write({DEBIAN_12!r})\n")
    result = run_module(nginx_info, configuration=f"{tmp_path}/none", _ansible_check_mode=True)
    assert result["version"] == "1.22.1"
    assert result["openssl_version"] == "3.0.19"
    assert result["modules"] == ["http_ssl", "http_v2"]


def test_missing_nginx_has_no_version(run_module, without_nginx, tmp_path):
    result = run_module(nginx_info, configuration=f"{tmp_path}/none")
    assert {name: result[name] for name in NOT_INSTALLED} == NOT_INSTALLED


@pytest.mark.usefixtures("without_nginx")
def test_packages_that_are_not_installed_are_missing(run_module, stand_in):
    # "curl" was removed and its configuration is left; dpkg-query does not know "certbot".
    listed = r"nginx installed\ncurl config-files\n"
    commands = stand_in("dpkg-query", f"print('{listed}', end='')\nsys.exit(1)\n")
    result = run_module(nginx_info, packages=["nginx", "curl", "certbot"])
    assert result["missing_packages"] == ["curl", "certbot"]
    assert [command[-3:] for command in commands()] == [["nginx", "curl", "certbot"]]


class TestUnused:
    """Whether nginx serves nothing but Debian's page."""

    @pytest.mark.parametrize(
        ("sites", "code", "expected"),
        [
            pytest.param(["default"], 3, True, id="stopped, with Debian's page"),
            pytest.param(["default"], 0, False, id="running"),
            pytest.param(["default", "shop.conf"], 3, False, id="stopped, with another site"),
            pytest.param(["default", "../conf.d/api.conf"], 3, False, id="stopped, with conf.d"),
            pytest.param([], 3, False, id="stopped, without a site"),
            pytest.param(None, 3, False, id="not installed"),
        ],
    )
    @pytest.mark.usefixtures("without_nginx")
    def test_unused(self, run_module, stand_in, tmp_path, sites, code: int, expected: bool):
        stand_in("systemctl", f"sys.exit({code})\n")
        for directory in ("sites-enabled", "conf.d"):
            (tmp_path / directory).mkdir()
        for site in sites or []:
            (tmp_path / "sites-enabled" / site).touch()
        result = run_module(nginx_info, configuration=f"{tmp_path}/nginx.conf")
        assert result["is_unused"] is expected


class TestSettings:
    SIZE = "server_names_hash_bucket_size"

    def places(self, top: Path) -> list[str]:
        """The files below ``top`` that set SIZE."""
        settings = nginx_info.find_settings(f"{top}/nginx.conf", [self.SIZE, "gzip"])
        return [
            str(Path(setting["path"]).relative_to(top))
            for setting in settings
            if setting["directive"] == self.SIZE
        ]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            pytest.param(f"http {{\n    {SIZE} 64;\n}}", True, id="line of its own"),
            pytest.param(f"http {{ {SIZE} 64; }}", True, id="one line"),
            pytest.param(f"http {{gzip on;{SIZE}\t64;}}", True, id="after another"),
            pytest.param(f"http\n{{\n{SIZE}\n64;\n}}", True, id="value on the next line"),
            pytest.param(
                f"http {{ map $a $b {{ '~x{{2}}' 1; }} {SIZE} 64; }}", True, id="after a block"
            ),
            pytest.param(
                f"http {{ set $a ${{b}}; {SIZE} 64; }}", True, id="after a variable in braces"
            ),
            pytest.param(f"http {{ return 200 '}}; # no'; {SIZE} 64; }}", True, id="after a text"),
            pytest.param(f"# {SIZE} 64;", False, id="comment"),
            pytest.param(
                f"http {{ gzip on; # {SIZE} 64;\n}}", False, id="comment after a directive"
            ),
            pytest.param(f"http {{ {SIZE}_of_mine 64; my_{SIZE} 1; }}", False, id="other names"),
            pytest.param(f"stream {{ {SIZE} 64; }}", False, id="for streams"),
            pytest.param(f"http {{ server {{ {SIZE} 64; }} }}", False, id="for one site"),
            pytest.param(f"http {{ return 200 '{SIZE} 64;'; }}", False, id="in a text"),
        ],
    )
    def test_main_file(self, tmp_path, text: str, found: bool):
        (tmp_path / "nginx.conf").write_text(text)
        assert self.places(tmp_path) == ["nginx.conf"] * found

    def test_only_included_files_count(self, tmp_path):
        (tmp_path / "nginx.conf").write_text(
            f"http {{ include conf.d/*.conf; include '{tmp_path}/more'; include missing; }}"
        )
        (tmp_path / "conf.d").mkdir()
        for name in ("conf.d/b.conf", "conf.d/b.conf.old", "more", "deeper", "not-included"):
            (tmp_path / name).write_text(f"{self.SIZE} 64;")
        (tmp_path / "conf.d/a.conf").write_text("include deeper; include nginx.conf;")
        assert self.places(tmp_path) == ["deeper", "conf.d/b.conf", "more"]

    def test_loaded_modules_are_found(self, tmp_path):
        (tmp_path / "nginx.conf").write_text("include modules-enabled/*.conf; # load_module x;")
        (tmp_path / "modules-enabled").mkdir()
        module = "modules/ngx_http_brotli_filter_module.so"
        (tmp_path / "modules-enabled/50-brotli.conf").write_text(f"load_module {module};")
        assert nginx_info.find_loaded(f"{tmp_path}/nginx.conf") == ["http_brotli_filter"]

    def test_missing_configuration_sets_nothing(self, tmp_path):
        assert self.places(tmp_path) == []


def test_apps_of_the_host(run_module, without_nginx, monkeypatch, tmp_path):
    monkeypatch.setattr(layout, "UNIT_DIR", str(tmp_path))
    (tmp_path / "wsgi-shop-api.socket").write_text("[Socket]\nListenStream=127.0.0.1:8000\n")
    (tmp_path / "wsgi-shop-api.service").touch()
    result = run_module(nginx_info, configuration=f"{tmp_path}/none")
    assert {name: app["address"] for name, app in result["apps"].items()} == {
        "shop-api": "127.0.0.1:8000"
    }
