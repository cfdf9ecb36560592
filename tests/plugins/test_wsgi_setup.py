"""Setup commands of a release, with systemd replaced."""

from __future__ import annotations

from ansible_collections.subsite.deploy.plugins.modules import wsgi_setup

FAILS = """
if sys.argv[1] == "show":
    print("ActiveState=failed\\nNRestarts=0\\nResult=exit-code\\nExecMainStatus=3")
else:
    sys.exit('Job for wsgi-shop_setup.1a2b.service failed. See "systemctl status".')
"""


def test_unit_is_started(run_module, stand_in):
    stand_in("systemctl", "assert sys.argv[1:] == ['start', 'wsgi-shop_setup.1a2b.service']")
    done = run_module(wsgi_setup, name="shop", release="1a2b")
    assert (done["changed"], done["unit"]) == (True, "wsgi-shop_setup.1a2b.service")


def test_failure_names_the_variable_and_no_unit(run_module, stand_in):
    stand_in("systemctl", FAILS)
    said = run_module(wsgi_setup, name="shop", release="1a2b")
    assert said["msg"] == "A command of wsgi_app_setup_commands failed (exit-code, status 3)."


def test_check_mode_starts_nothing(run_module, stand_in):
    stand_in("systemctl", "sys.exit(1)")
    assert run_module(wsgi_setup, name="shop", release="1a2b", _ansible_check_mode=True)["changed"]
