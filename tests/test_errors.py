"""The vocabulary of failure: every message stands on its own and names its place."""

from __future__ import annotations

from gateway.errors import ChangeRefused, ConfigError, Fault, GatewayError, Problem, StaleRevision


def test_a_problem_names_its_line_and_column_where_it_has_one() -> None:
    """0 is the file as a whole."""
    assert str(Problem(3, 7, "is wrong")) == "3:7: is wrong"
    assert str(Problem(0, 0, "is empty")) == "is empty"


def test_a_refused_file_tells_every_problem_in_the_order_of_the_file() -> None:
    """One line for each, as editors and terminals understand it."""
    error = ConfigError(
        "routing.yaml", [Problem(9, 1, "b"), Problem(2, 5, "a"), Problem(0, 0, "c"), Problem(2, 1, "d")]
    )
    assert str(error) == "routing.yaml: c\nrouting.yaml:2:1: d\nrouting.yaml:2:5: a\nrouting.yaml:9:1: b"
    assert [problem.message for problem in error.problems] == ["c", "d", "a", "b"]
    assert error.file == "routing.yaml"


def test_whatever_a_person_can_mend_is_one_kind_of_error() -> None:
    """So the command line and the API translate it in one place; a stale change is a refused one."""
    assert issubclass(ConfigError, GatewayError)
    assert issubclass(ChangeRefused, GatewayError)
    assert issubclass(StaleRevision, ChangeRefused)


def test_a_fault_is_a_value() -> None:
    """Two that say the same are the same; the service is empty where none is concerned."""
    assert Fault(503, "unavailable", "nobody", "blue") == Fault(503, "unavailable", "nobody", "blue")
    assert Fault(404, "refused", "no route").service == ""
