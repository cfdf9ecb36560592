"""A build backend without packages. It runs attack.py.

The wheel that it makes has many files, and what the attack returns as found.json.
"""

from __future__ import annotations

import json
import zipfile
from importlib.util import find_spec

from many_files import NAMES

DIST_INFO = {
    "METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1\n",
    "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "RECORD": "",
}


def build_wheel(directory: str, settings: object = None, metadata: object = None) -> str:
    """Attack, and make a wheel (PEP 517)."""
    found = None
    if find_spec("attack"):
        import attack

        found = attack.attack()
    built = "evil-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{built}", "w") as wheel:
        wheel.writestr("found.json", json.dumps(found))
        for name in [f"swap_{number}.py" for number in range(30)] + NAMES:
            wheel.writestr(name, "")
        for file, text in DIST_INFO.items():
            wheel.writestr(f"evil-1.dist-info/{file}", text)
    return built
