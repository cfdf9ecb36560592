"""Find the URLs that a page, a style sheet, a script or a manifest refers to.

A browser reads all of them: what begins with a slash lacks the prefix of the app, unless the app
writes it. Sources: HTML (https://html.spec.whatwg.org/multipage/indices.html#attributes-3), CSS
(https://www.w3.org/TR/css-values-4/#urls), Link (RFC 8288), web app manifest
(https://www.w3.org/TR/appmanifest/).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.deadline import Deadline

MOST = 500
"""How many different references of one text are kept."""

LONGEST = 8000
"""How many characters of a URL a server reads (RFC 9110, 4.1)."""

MOST_OF_A_SCRIPT = 65536
"""How many characters of a script are searched. Imports are at its beginning."""

LOADED = {"script", "style sheet", "image", "medium", "icon", "manifest", "url()", "import"}
"""Kinds that a browser loads as parts of a page, and that are no pages themselves."""

SIMPLE = {
    ("a", "href"): "link",
    ("area", "href"): "link",
    ("audio", "src"): "medium",
    ("button", "formaction"): "form",
    ("embed", "src"): "medium",
    ("form", "action"): "form",
    ("frame", "src"): "frame",
    ("iframe", "src"): "frame",
    ("image", "href"): "image",
    ("image", "xlink:href"): "image",
    ("img", "src"): "image",
    ("input", "formaction"): "form",
    ("input", "src"): "image",
    ("object", "data"): "medium",
    ("script", "src"): "script",
    ("source", "src"): "medium",
    ("track", "src"): "medium",
    ("use", "href"): "image",
    ("use", "xlink:href"): "image",
    ("video", "poster"): "image",
    ("video", "src"): "medium",
}
"""Attributes with one URL, and what it is."""

SETS = {("img", "srcset"), ("source", "srcset"), ("link", "imagesrcset")}
"""Attributes with a list of images."""

RELATIONS = {
    "stylesheet": "style sheet",
    "manifest": "manifest",
    "icon": "icon",
    "apple-touch-icon": "icon",
    "mask-icon": "icon",
    "modulepreload": "script",
}
"""What the target of ``<link rel=…>`` is. Other relations are links."""

PRELOADED = {"script": "script", "style": "style sheet", "image": "image", "font": "url()"}
"""What the target of ``<link rel=preload as=…>`` is."""

CSS_URL = re.compile(r"""url\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'()]+))\s*\)""", re.IGNORECASE)
CSS_IMPORT = re.compile(r"""@import\s{1,20}["']([^"'\n]+)["']""", re.IGNORECASE)
# Repetitions have limits: a hostile text would be read for minutes otherwise.
SCRIPT_IMPORT = re.compile(
    r"""(?:^|[;}\n])[ \t]{0,40}(?:import|export)\b(?:[\w*{}\s,$]{0,500}?\bfrom\b[ \t]{0,9})?"""
    r"""[ \t]{0,9}["']([^"'\n]{1,1000})["']"""
    r"""|\bimport\([ \t]{0,9}["']([^"'\n]{1,1000})["']"""
)
REFRESH = re.compile(r"""\s*[\d.]+\s*[;,]?\s*(?:url\s*=\s*)?["']?([^"'\s]*)""", re.IGNORECASE)
LINK = re.compile(r"<([^<>]*)>([^<]*)")
RELATION = re.compile(r"""\b(rel|as)\s*=\s*"?([\w -]+)""", re.IGNORECASE)


@dataclass(frozen=True)
class Reference:
    """One URL as it is written."""

    kind: str
    """What it is: link, form, script, ``url()`` …"""
    written: str


@dataclass(frozen=True)
class Text:
    """What a text refers to, and its ``<base href>``, which is empty in most cases."""

    references: tuple[Reference, ...] = ()
    base: str = ""


def read(headers: Message, body: bytes, kind: str, deadline: Deadline) -> Text:
    """Return what a response refers to.

    :param kind: what the response is for the browser that loads it; ``page`` for a page.
    :param deadline: when to stop. What was found until then is returned.
    """
    content_type = headers.get_content_type()
    text = body.decode(errors="replace")
    found, base = list(_of_headers(headers)), ""
    if content_type in ("text/html", "application/xhtml+xml"):
        reader = PageReader(deadline)
        reader.read(text)
        found, base = found + reader.found, reader.base
    elif content_type == "text/css":
        found += of_css(text)
    elif kind == "manifest":
        found += _of_manifest(text)
    elif kind == "script" and "script" in content_type:
        found += of_script(text)
    if len(base) > LONGEST:
        return Text()  # what is relative to it has no URL
    kept = dict.fromkeys(it for it in found if 0 < len(it.written) <= LONGEST)
    return Text(tuple(kept)[:MOST], base)


class PageReader(HTMLParser):
    """Reads a page, as far as it is read until the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        """Begin without references."""
        super().__init__()
        self.deadline = deadline
        self.found: list[Reference] = []
        self.base = ""
        self.inside = ""
        """What the text inside of the current element is: ``css``, ``module``, ``map`` or none."""

    def read(self, text: str) -> None:
        """Find the references of the page ``text``."""
        try:
            # Without close(): the end of a page that was cut off is not a reference.
            self.feed(text)
        except (TimeoutError, AssertionError):
            # html.parser asserts what it expects of a page.
            return

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the references of an element."""
        self.deadline.left()
        attributes = {name: (value or "").strip() for name, value in reversed(attrs)}
        self.inside = {"style": "css", "script": script_type(attributes)}.get(tag, "")
        if len(self.found) > 20 * MOST:
            return
        self.found += _of_element(tag, attributes)
        if tag == "base" and not self.base:
            self.base = attributes.get("href", "")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self.deadline.left()
        self.inside = ""

    def handle_data(self, data: str) -> None:
        """Keep the references of an embedded style sheet or script."""
        self.deadline.left()
        if self.inside == "css":
            self.found += of_css(data)
        elif self.inside == "module":
            self.found += of_script(data)
        elif self.inside == "map":
            self.found += _of_import_map(data)


def script_type(attributes: dict[str, str]) -> str:
    """Return how an embedded script refers to others: as a module, as an import map, or not."""
    return {"module": "module", "importmap": "map"}.get(attributes.get("type", "").lower(), "")


def _of_element(tag: str, attributes: dict[str, str]) -> Iterator[Reference]:
    for name, value in attributes.items():
        if (tag, name) in SIMPLE:
            yield Reference(SIMPLE[tag, name], value)
        elif (tag, name) in SETS and "data:" not in value:
            for candidate in value.split(","):
                yield Reference("image", candidate.strip().partition(" ")[0])
        elif name == "style":
            yield from of_css(value)
    if tag == "link":
        yield Reference(kind_of_link(attributes), attributes.get("href", ""))
    elif tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
        yield from _of_refresh(attributes.get("content", ""))


def kind_of_link(attributes: dict[str, str]) -> str:
    """Return what the target of a ``<link>``, or of a Link header, is."""
    relations = attributes.get("rel", "").lower().split()
    if "preload" in relations:
        return PRELOADED.get(attributes.get("as", "").lower(), "link")
    return next((RELATIONS[one] for one in relations if one in RELATIONS), "link")


def _of_refresh(content: str) -> Iterator[Reference]:
    if match := REFRESH.match(content):
        yield Reference("refresh", match[1])


def _of_headers(headers: Message) -> Iterator[Reference]:
    for line in headers.get_all("Refresh", []):
        yield from _of_refresh(line)
    for line in headers.get_all("Link", []):
        for target, parameters in LINK.findall(line):
            attributes = {name.lower(): value for name, value in RELATION.findall(parameters)}
            yield Reference(kind_of_link(attributes), target.strip())


def of_css(text: str) -> list[Reference]:
    """Return what a style sheet refers to."""
    code = _without_comments(text)
    urls = [Reference("url()", "".join(parts)) for parts in CSS_URL.findall(code)]
    return urls + [Reference("style sheet", target) for target in CSS_IMPORT.findall(code)]


def of_script(text: str) -> list[Reference]:
    """Return what a script imports by its address. Bare names, as ``vue``, are no addresses."""
    targets = map("".join, SCRIPT_IMPORT.findall(_without_comments(text[:MOST_OF_A_SCRIPT])))
    return [Reference("import", target) for target in targets if is_address(target)]


def _of_import_map(text: str) -> list[Reference]:
    value = _json(text)
    imports = value.get("imports") if isinstance(value, dict) else {}
    targets = imports.values() if isinstance(imports, dict) else []
    return [Reference("import", it) for it in targets if isinstance(it, str) and is_address(it)]


def is_address(target: str) -> bool:
    """Return whether what a script imports is an address."""
    return target.startswith(("/", "./", "../", "http:", "https:"))


def _of_manifest(text: str) -> Iterator[Reference]:
    value = _json(text)
    if not isinstance(value, dict):
        return
    pages = [value.get("start_url"), value.get("scope")]
    for shortcut in _objects(value.get("shortcuts")):
        pages.append(shortcut.get("url"))
        yield from _of_icons(shortcut)
    yield from (Reference("link", it) for it in pages if isinstance(it, str))
    yield from _of_icons(value)


def _of_icons(value: dict[str, Any]) -> Iterator[Reference]:
    for image in [*_objects(value.get("icons")), *_objects(value.get("screenshots"))]:
        if isinstance(image.get("src"), str):
            yield Reference("icon", image["src"])


def _objects(value: Any) -> list[dict[str, Any]]:
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _without_comments(text: str) -> str:
    """Return a style sheet or a script without ``/* … */``, in one pass."""
    parts, begin = [], 0
    while (opening := text.find("/*", begin)) >= 0:
        parts.append(text[begin:opening])
        closing = text.find("*/", opening + 2)
        if closing < 0:
            return "".join(parts)
        begin = closing + 2
    return "".join([*parts, text[begin:]])
