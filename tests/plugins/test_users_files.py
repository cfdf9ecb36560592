"""The files from which nginx reads users: hashed with scrypt as crypt(5) writes it, or as given."""

import ctypes
import ctypes.util

import pytest
from ansible_collections.subsite.deploy.plugins.filter.users_files import users_files

BCRYPT = "$2y$05$abcdefghijklmnopqrstuuVWu8RjbNovPZWAMRdd7iqaaG0mI53Uu"


def crypt(password: str, setting: str) -> str:
    """Return what the libcrypt of the host makes of ``password``, as nginx does."""
    library = ctypes.CDLL(ctypes.util.find_library("crypt"))
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), setting.encode()).decode()


def hash_of(password: str) -> str:
    [file] = users_files({"name": "shop", "users": {"me": password}, "mounts": []}, "/a", "web1")
    return file["secret"].removeprefix("me:").removesuffix("\n")


@pytest.mark.parametrize("password", ["geheim", "correct horse", "Grüße", "x" * 200, "$money"])
def test_password_is_hashed(password: str):
    text = hash_of(password)
    assert text == crypt(password, text)
    assert text != crypt(f"{password}x", text)


def test_hash_stays():
    assert hash_of(BCRYPT) == BCRYPT


def test_file_for_each_set_of_users():
    mounts = [
        {"path": "/", "users": {"you": BCRYPT}},
        {"path": "/a/b", "users": {"you": BCRYPT, "them": BCRYPT}},
        {"path": "/open", "users": {}},
        {"path": "/other", "users": None},
    ]
    files = users_files({"name": "shop", "users": {}, "mounts": mounts}, "/etc/access", "web1")
    assert {file["dest"]: file["secret"].count("\n") for file in files} == {
        "/etc/access/+": 1,
        "/etc/access/+a+b": 2,
    }
