"""What a page, a style sheet, a script and a manifest refer to."""

from __future__ import annotations

import time
from email.message import Message

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.deadline import Deadline
from ansible_collections.subsite.deploy.plugins.module_utils.verify import references
from ansible_collections.subsite.deploy.plugins.module_utils.verify.references import Text


def read(text: str, content_type: str = "text/html", kind: str = "page", **headers: str) -> Text:
    message = Message()
    message["Content-Type"] = content_type
    for name, value in headers.items():
        message[name] = value
    return references.read(message, text.encode(), kind, Deadline(5))


def found(text: str, *args: str, **headers: str) -> list[tuple[str, str]]:
    return [(it.kind, it.written) for it in read(text, *args, **headers).references]


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("<a href=/x>", "link", "/x"),
        ("<A HREF=' /x '>", "link", "/x"),
        ("<a href='/x?a=1&amp;b=2'>", "link", "/x?a=1&b=2"),
        ("<script src=/x.js></script>", "script", "/x.js"),
        ("<link rel=stylesheet href=/x.css>", "style sheet", "/x.css"),
        ("<link rel='shortcut icon' href=/x.ico>", "icon", "/x.ico"),
        ("<link rel=manifest href=/x.json>", "manifest", "/x.json"),
        ("<link rel=preload as=font href=/x.woff2>", "url()", "/x.woff2"),
        ("<link rel=next href=/x>", "link", "/x"),
        ("<img src=/x.png>", "image", "/x.png"),
        ("<img srcset='a.png 1x, /x.png 2x'>", "image", "/x.png"),
        ("<svg><use href='/x.svg#a'/></svg>", "image", "/x.svg#a"),
        ("<video src=/x.mp4></video>", "medium", "/x.mp4"),
        ("<iframe src=/x></iframe>", "frame", "/x"),
        ("<form action=/x>", "form", "/x"),
        ("<button formaction=/x>", "form", "/x"),
        ("<meta http-equiv=Refresh content='0; url=/x'>", "refresh", "/x"),
        ("<meta http-equiv=refresh content='5;/x'>", "refresh", "/x"),
        ("<style>body { background: url( '/x.png' ) }</style>", "url()", "/x.png"),
        ("<p style='background:url(/x.png)'>", "url()", "/x.png"),
        ("<style>@import '/x.css';</style>", "style sheet", "/x.css"),
        ("<script type=module>import a from '/x.js'</script>", "import", "/x.js"),
        ('<script type=importmap>{"imports": {"a": "/x.js"}}</script>', "import", "/x.js"),
    ],
)
def test_reference_of_a_page(text: str, kind: str, written: str):
    assert (kind, written) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<!-- <a href=/x> -->", id="comment of HTML"),
        pytest.param("<style>/* url(/x.png) */</style>", id="comment of CSS"),
        pytest.param("<script>const link = '<a href=/x>'</script>", id="text of a script"),
        pytest.param("<textarea></textarea><a>", id="no URL"),
        pytest.param("<img srcset='data:image/jpeg;base64,/9j/4AAQ 2x'>", id="image in its place"),
        pytest.param("<script type=module>import {ref} from 'vue'</script>", id="bare name"),
    ],
)
def test_no_reference(text: str):
    assert found(text) == []


def test_base_is_the_first_one():
    assert read("<base target=_top><base href='/x/'><base href='/y/'>").base == "/x/"


def test_headers_refer_to_pages_and_parts():
    link = '</x.css>; rel=preload; as="style", </next>; rel="next"'
    assert found("", Link=link, Refresh="0;url=/x") == [
        ("refresh", "/x"),
        ("style sheet", "/x.css"),
        ("link", "/next"),
    ]


def test_style_sheet():
    text = "@font-face { src: url(\"/x.woff\") } @import url(/y.css); @import '/z.css' screen;"
    expected = [("url()", "/x.woff"), ("url()", "/y.css"), ("style sheet", "/z.css")]
    assert found(text, "text/css", "style sheet") == expected


def test_script_of_a_bundler():
    text = 'import{a as b}from"/x.js";import"./y.js";const c=import("/z.js");export*from"/w.js"'
    written = [target for _, target in found(text, "text/javascript", "script")]
    assert written == ["/x.js", "./y.js", "/z.js", "/w.js"]


def test_manifest():
    text = '{"start_url": "/", "icons": [{"src": "/x.png"}, 5], "shortcuts": [{"url": "/y"}]}'
    expected = [("link", "/"), ("link", "/y"), ("icon", "/x.png")]
    assert found(text, "application/manifest+json", "manifest") == expected


@pytest.mark.parametrize("text", ["", "[]", "5", "{", "[" * 9000, '{"icons": {}, "scope": 5}'])
def test_malformed_manifest_has_no_references(text: str):
    assert found(text, "application/json", "manifest") == []


LONG = 65_536
HOSTILE = {
    "tags": "<a href=/x>" * (LONG // 11),
    "tag without end": "<a " * LONG,
    "attributes": "<a" + " b=c" * LONG,
    "declarations": "<!" * LONG,
    "comments": "<!--" * LONG,
    "ends in a script": "<script>" + "</" * LONG + ">",
    "sections": "<![CDATA[" * LONG,
    "declaration": "<!DOCTYPE [" * LONG,
    "processing": "<?" * LONG,
    "charrefs": "<a href='" + "&#" * LONG + "'>",
    "quotes": '<a href="' * LONG,
    "comments of CSS": "<style>" + "/*" * LONG + "</style>",
    "url()": "<style>" + "url('" * LONG + "</style>",
    "blanks of CSS": "<style>url(" + " " * LONG + 'url("' * 9 + "</style>",
    "imports": "<script type=module>" + "\nimport" * LONG + "</script>",
    "lines": "<script type=module>" + "\n" * LONG + "import</script>",
    "refresh": "<meta http-equiv=refresh content='" + "1" * LONG + ";" * LONG + "'>",
    "srcset": "<img srcset='" + ",a" * LONG + "'>",
    "map": "<script type=importmap>" + "[" * LONG + "</script>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_page_is_read_in_time(name: str):
    began = time.monotonic()
    text = read(HOSTILE[name])
    assert time.monotonic() - began < 6
    assert len(text.references) <= references.MOST
