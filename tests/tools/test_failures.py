import failures
import pytest

FATAL = 'fatal: [host]: FAILED! => {"changed": false, "msg": "nginx rejects \\"x\\":\\nline 3"}'
YAML = "fatal: [host]: FAILED! =>\n    changed: false\n    msg: The port is taken"


@pytest.mark.parametrize(
    ("log", "printed"),
    [
        pytest.param(
            "FAILED molecule/default/tests/test_a.py::test_b[c d] - AssertionError: assert 1 == 2",
            ["test_a.py::test_b[c d]: AssertionError: assert 1 == 2"],
            id="failed test",
        ),
        pytest.param(
            "\x1b[31m  │ \x1b[0mFAILED a/test_a.py::test_b - \x1b[1mKeyError\x1b[0m: 'c'\r",
            ["test_a.py::test_b: KeyError: 'c'"],
            id="escape codes and border",
        ),
        pytest.param(
            "ERROR a/test_a.py::test_b - OSError: c\nERROR a/test_a.py::test_d - OSError: c",
            ["test_a.py::test_b (and 1 more): OSError: c"],
            id="same message twice",
        ),
        pytest.param(
            f"TASK [role : Start nginx] *****\n{FATAL}",
            ['role : Start nginx: nginx rejects "x": line 3'],
            id="failed task, JSON",
        ),
        pytest.param(
            f"TASK [Start nginx] *****\n{YAML}",
            ["Start nginx: The port is taken"],
            id="failed task, YAML",
        ),
        pytest.param(
            f"TASK [Try] *****\n{FATAL}\n...ignoring\nCRITICAL Disk is full",
            ["error: Disk is full"],
            id="ignored task",
        ),
        pytest.param(
            f"{FATAL}\nFAILED tests/test_a.py::test_b - KeyError: 'c'",
            ["test_a.py::test_b: KeyError: 'c'"],
            id="tests before tasks",
        ),
        pytest.param(
            "INFO  start\nCRITICAL Container does not start",
            ["error: Container does not start"],
            id="problem of molecule",
        ),
        pytest.param("one\n\ntwo\n", ["one", "two"], id="last lines"),
    ],
)
def test_failures_are_one_line_each(log, printed):
    assert failures.report(log) == printed


def test_report_is_short():
    log = "\n".join(f"FAILED a/test_a.py::test_{n} - E: {n}{'x' * 500}" for n in range(40))

    lines = failures.report(log)

    assert len(lines) == 12
    assert lines[-1] == "and 29 more"
    assert max(map(len, lines)) == failures.COLUMNS
