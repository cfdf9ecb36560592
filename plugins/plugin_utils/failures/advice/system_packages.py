"""Programs, headers and libraries that Debian's packages have."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import App

COMPILER = ("gcc", "libc6-dev", "python3-dev")
"""What compiles an extension of Python."""

PROGRAMS = {
    "gcc": COMPILER,
    "cc": COMPILER,
    "x86_64-linux-gnu-gcc": COMPILER,
    "aarch64-linux-gnu-gcc": COMPILER,
    "clang": COMPILER,
    "g++": ("g++", "python3-dev"),
    "c++": ("g++", "python3-dev"),
    "x86_64-linux-gnu-g++": ("g++", "python3-dev"),
    "aarch64-linux-gnu-g++": ("g++", "python3-dev"),
    "gfortran": ("gfortran",),
    "cmake": ("cmake", "make", "g++", "python3-dev"),
    "make": ("make", *COMPILER),
    "cargo": ("cargo", *COMPILER),
    "rustc": ("rustc", "cargo", *COMPILER),
    "pkg-config": ("pkg-config", *COMPILER),
    "pg_config": ("libpq-dev", *COMPILER),
    "mysql_config": ("default-libmysqlclient-dev", "pkg-config", *COMPILER),
    "mariadb_config": ("libmariadb-dev", *COMPILER),
    "curl-config": ("libcurl4-openssl-dev", "libssl-dev", *COMPILER),
    "xml2-config": ("libxml2-dev", "libxslt1-dev", *COMPILER),
    "xslt-config": ("libxml2-dev", "libxslt1-dev", *COMPILER),
    "krb5-config": ("libkrb5-dev", *COMPILER),
    "gdal-config": ("libgdal-dev", "g++", "python3-dev"),
    "geos-config": ("libgeos-dev", *COMPILER),
    "swig": ("swig", *COMPILER),
    "git": ("git",),
    "hg": ("mercurial",),
    "node": ("nodejs",),
    "npm": ("npm",),
    "npx": ("npm",),
    "yarn": ("yarnpkg",),
    "msgfmt": ("gettext",),
    "sassc": ("sassc",),
    "curl": ("curl", "ca-certificates"),
    "wget": ("wget", "ca-certificates"),
    "unzip": ("unzip",),
    "psql": ("postgresql-client",),
    "pg_dump": ("postgresql-client",),
    "mysql": ("mariadb-client",),
    "mysqldump": ("mariadb-client",),
    "sqlite3": ("sqlite3",),
    "redis-cli": ("redis-tools",),
    "convert": ("imagemagick",),
    "ffmpeg": ("ffmpeg",),
    "gs": ("ghostscript",),
    "pdftotext": ("poppler-utils",),
    "tesseract": ("tesseract-ocr",),
    "pandoc": ("pandoc",),
    "rsync": ("rsync",),
    "bash": ("bash",),
}
HEADERS = {
    "Python.h": ("python3-dev",),
    "libpq-fe.h": ("libpq-dev",),
    "mysql.h": ("default-libmysqlclient-dev",),
    "ffi.h": ("libffi-dev",),
    "openssl/": ("libssl-dev",),
    "libxml/": ("libxml2-dev", "libxslt1-dev"),
    "libxslt/": ("libxml2-dev", "libxslt1-dev"),
    "xmlsec/": ("libxmlsec1-dev",),
    "lber.h": ("libldap-dev", "libsasl2-dev"),
    "ldap.h": ("libldap-dev", "libsasl2-dev"),
    "sasl/": ("libsasl2-dev",),
    "gssapi/": ("libkrb5-dev",),
    "krb5.h": ("libkrb5-dev",),
    "zlib.h": ("zlib1g-dev",),
    "bzlib.h": ("libbz2-dev",),
    "lzma.h": ("liblzma-dev",),
    "jpeglib.h": ("libjpeg-dev", "zlib1g-dev"),
    "png.h": ("libpng-dev",),
    "freetype2/": ("libfreetype-dev",),
    "ft2build.h": ("libfreetype-dev",),
    "cairo.h": ("libcairo2-dev",),
    "yaml.h": ("libyaml-dev",),
    "magic.h": ("libmagic-dev",),
    "curl/": ("libcurl4-openssl-dev",),
    "gmp.h": ("libgmp-dev",),
    "sqlite3.h": ("libsqlite3-dev",),
    "sql.h": ("unixodbc-dev",),
    "snappy-c.h": ("libsnappy-dev",),
    "libmemcached/": ("libmemcached-dev",),
    "geos_c.h": ("libgeos-dev",),
    "hdf5.h": ("libhdf5-dev",),
    "event.h": ("libevent-dev",),
    "ev.h": ("libev-dev",),
    "systemd/": ("libsystemd-dev",),
    "dbus/": ("libdbus-1-dev", "libglib2.0-dev"),
    "sodium.h": ("libsodium-dev",),
    "pcap.h": ("libpcap-dev",),
    "leveldb/": ("libleveldb-dev",),
    "expat.h": ("libexpat1-dev",),
    "pcre.h": ("libpcre3-dev",),
    # A compiler without the headers of C.
    "assert.h": ("libc6-dev",),
    "ctype.h": ("libc6-dev",),
    "errno.h": ("libc6-dev",),
    "limits.h": ("libc6-dev",),
    "math.h": ("libc6-dev",),
    "stdint.h": ("libc6-dev",),
    "stdio.h": ("libc6-dev",),
    "stdlib.h": ("libc6-dev",),
    "string.h": ("libc6-dev",),
}
"""Those that end with a slash are directories of headers."""

LIBRARIES = {
    "pq": ("libpq5",),
    "mariadb": ("libmariadb3",),
    "mysqlclient": ("libmariadb3",),
    "magic": ("libmagic1",),
    "GL": ("libgl1",),
    "gthread-2.0": ("libglib2.0-0",),
    "gobject-2.0": ("libpango-1.0-0", "libpangoft2-1.0-0"),
    "pango-1.0": ("libpango-1.0-0", "libpangoft2-1.0-0"),
    "pangoft2-1.0": ("libpango-1.0-0", "libpangoft2-1.0-0"),
    "cairo": ("libcairo2",),
    "xml2": ("libxml2",),
    "xmlsec1": ("libxmlsec1-openssl",),
    "gomp": ("libgomp1",),
    "ffi": ("libffi8",),
    "odbc": ("unixodbc",),
    "zbar": ("libzbar0",),
    "sndfile": ("libsndfile1",),
    "SM": ("libsm6",),
    "Xext": ("libxext6",),
    "Xrender": ("libxrender1",),
    "gdal": ("gdal-bin",),
    "geos_c": ("libgeos-c1v5",),
    "ldap": ("libldap2",),
    "curl": ("libcurl4",),
    "snappy": ("libsnappy1v5",),
    "sodium": ("libsodium23",),
    "gssapi_krb5": ("libgssapi-krb5-2",),
    "memcached": ("libmemcached11",),
    "stdc++": ("libstdc++6",),
}
"""By the part of the file name between ``lib`` and ``.so``."""

LINKED = {
    "pq": ("libpq-dev",),
    "ssl": ("libssl-dev",),
    "crypto": ("libssl-dev",),
    "xml2": ("libxml2-dev",),
    "xslt": ("libxslt1-dev",),
    "z": ("zlib1g-dev",),
    "ffi": ("libffi-dev",),
    "ldap": ("libldap-dev",),
    "lber": ("libldap-dev",),
    "mariadb": ("libmariadb-dev",),
    "sasl2": ("libsasl2-dev",),
    "c": ("libc6-dev",),
}
"""What a linker needs, by the name behind ``-l``."""


def add(packages: tuple[str, ...], app: App) -> str:
    """Return how to install ``packages``, with those that are set already."""
    names = list(app.setting("system_packages", [])) + list(packages)
    version = re.fullmatch(r"/usr/bin/python(3\.\d+)", str(app.setting("python")))
    if version and not app.has_image:
        names = [f"python{version[1]}-dev" if name == "python3-dev" else name for name in names]
    return f"Set wsgi_app_system_packages: [{', '.join(dict.fromkeys(names))}]."


def program(match: re.Match[str], app: App) -> str | None:
    """Name the packages of a program."""
    name = match["name"].rpartition("/")[2]
    return add(PROGRAMS[name], app) if name in PROGRAMS else None


def header(match: re.Match[str], app: App) -> str:
    """Name the packages of a header."""
    name = match["name"]
    found = HEADERS.get(name) or HEADERS.get(f"{name.partition('/')[0]}/")
    if found:
        return add(found, app)
    return (
        f"Add Debian's package that has {name} to wsgi_app_system_packages; apt-file search {name} "
        "names it."
    )


def library(match: re.Match[str], app: App) -> str:
    """Name the packages of a shared library."""
    name = re.sub(r"^lib|[-.]so.*$|-0$", "", match["name"])
    if name in LIBRARIES:
        return add(LIBRARIES[name], app)
    return (
        f"Add Debian's package that has {match['name']} to wsgi_app_system_packages; apt-file "
        f"search {match['name']} names it."
    )


def linked(match: re.Match[str], app: App) -> str | None:
    """Name the packages that a linker needs."""
    return add(LINKED[match["name"]], app) if match["name"] in LINKED else None


ROWS = (
    row(r"fatal error: (?P<name>[\w./+-]+): No such file or directory", header),
    row(r"cannot find -l(?P<name>[\w+.-]+)", linked),
    row(r"No such file or directory: '(?P<name>[\w+./-]+)'", program),
    row(r"command '(?P<name>[\w+./-]+)' failed: No such file", program),
    row(r"unable to execute '(?P<name>[\w+./-]+)'", program),
    row(r"(?P<name>pg_config) executable not found", program),
    row(r"(?P<name>mysql_config)(: not found| not found)", program),
    row(
        r"Can not find valid pkg-config name|Specify MYSQLCLIENT_CFLAGS",
        lambda _match, app: add(PROGRAMS["mysql_config"], app),
    ),
    row(
        r"make sure the libxml2 and libxslt development packages are installed",
        lambda _match, app: add(PROGRAMS["xml2-config"], app),
    ),
    row(
        r"Unknown compiler\(s\)|No C compiler|no acceptable C compiler|C compiler cannot create"
        r"|need a C compiler",
        lambda _match, app: add(PROGRAMS["g++"], app),
    ),
    row(
        r"can't find Rust compiler|Rust toolchain|cargo.* is not installed|`cargo` .*not found",
        lambda _match, app: add(PROGRAMS["cargo"], app),
    ),
    row(r"CMake must be installed", lambda _match, app: add(PROGRAMS["cmake"], app)),
    row(
        r"[Gg]it executable not found|Cannot find command 'git'",
        lambda _match, app: add(PROGRAMS["git"], app),
    ),
    row(r"Can't find (?P<name>msgfmt)", program),
    row(r"^\S+: (line )?\d+: (exec: )?(?P<name>[\w+.-]+): (command )?not found", program),
    row(r"(?<![\w+.-])(?P<name>lib[\w+.-]+?\.so[.\d]*): cannot open shared object file", library),
    row(r"cannot load library '(?P<name>lib[\w+.-]+)'", library),
    row(r"failed to find (?P<name>libmagic)", library),
    row(
        r"The virtual environment was not created .*ensurepip|ensurepip is not available"
        r"|No module named ensurepip",
        "The interpreter of wsgi_app_python needs its module venv: set wsgi_app_system_packages to "
        "its package, as python3.12-venv.",
    ),
)
