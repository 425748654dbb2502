import pytest
from agentctl.orchestrator.sandbox.egress import Refused, Wanted, is_outside, rule_problem, wanted
from hypothesis import given
from hypothesis import strategies as st

ALLOW = ("pypi.org", "*.pythonhosted.org", "mirror.example:8443", "plain.example")


def head(line: str, *fields: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", *fields, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("pypi.org:443", "pypi.org", 443),
        ("PyPI.org.:443", "pypi.org", 443),
        ("files.pythonhosted.org:443", "files.pythonhosted.org", 443),
        ("a.b.pythonhosted.org:443", "a.b.pythonhosted.org", 443),
        ("mirror.example:8443", "mirror.example", 8443),
    ],
)
def test_a_tunnel_leads_to_a_host_on_the_list(target: str, host: str, port: int) -> None:
    assert wanted(head(f"CONNECT {target}", f"Host: {target}"), ALLOW) == Wanted(host=host, port=port)


def test_a_plain_request_is_passed_on_as_a_server_takes_it_and_ends_with_its_answer() -> None:
    fields = ("Host: elsewhere.example", "Accept: */*", "Proxy-Authorization: Basic eA==", "Connection: keep-alive")
    assert wanted(head("GET http://plain.example/a?b#c".removesuffix("#c"), *fields), ALLOW) == Wanted(
        host="plain.example",
        port=80,
        head=b"GET /a?b HTTP/1.1\r\nHost: plain.example\r\nAccept: */*\r\nConnection: close\r\n\r\n",
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("CONNECT evil.example:443", "not in allow"),
        ("CONNECT pypi.org.evil.example:443", "not in allow"),
        ("CONNECT evilpypi.org:443", "not in allow"),
        ("CONNECT pythonhosted.org:443", "not in allow"),
        ("CONNECT pypi.org:22", "not in allow"),
        ("CONNECT mirror.example:443", "not in allow"),
        ("CONNECT 151.101.0.223:443", "addresses are not let through"),
        ("CONNECT 2130706433:443", "addresses are not let through"),
        ("CONNECT 0x7f.1:443", "addresses are not let through"),
        ("CONNECT 127.1:443", "addresses are not let through"),
        ("CONNECT [::1]:443", "addresses are not let through"),
        ("CONNECT pypi.org", "no name of a host"),
        ("CONNECT :443", "no name of a host"),
        ("CONNECT pypi.org:0", "no port"),
        ("CONNECT pypi.org:99999", "no port"),
        ("CONNECT pypi.org@evil.example:443", "no name of a host"),
        ("CONNECT evil.example#pypi.org:443", "no name of a host"),
        ("POST http://plain.example/", "POST is not let through"),
        ("PUT http://plain.example/", "PUT is not let through"),
        ("GET https://pypi.org/", "http://"),
        ("GET /simple", "http://"),
        ("GET http://pypi.org@evil.example/", "http://"),
        ("GET http://evil.example/", "not in allow"),
        ("GET http://plain.example:81/", "not in allow"),
        ("GET  http://plain.example/", "no request"),
        ("get http://plain.example/", "no request"),
    ],
)
def test_anything_else_goes_nowhere_and_says_why(line: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        wanted(head(line), ALLOW)


@pytest.mark.parametrize("field", ["Content-Length: 5", "Transfer-Encoding: chunked", "no field", "a b: c", " folded"])
def test_no_body_and_no_odd_field_is_carried_out(field: str) -> None:
    with pytest.raises(Refused):
        wanted(head("GET http://plain.example/", field), ALLOW)


@given(st.binary(max_size=200))
def test_whatever_is_said_leads_to_a_host_on_the_list_or_nowhere(raw: bytes) -> None:
    for asked in (raw, b"CONNECT " + raw + b" HTTP/1.1\r\n\r\n", b"GET http://" + raw + b" HTTP/1.1\r\n\r\n"):
        try:
            place = wanted(asked, ALLOW)
        except Refused:
            continue
        assert place.host in {"pypi.org", "mirror.example", "plain.example"} or place.host.endswith(".pythonhosted.org")


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("151.101.0.223", True),
        ("10.1.2.3", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("169.254.169.254", False),
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
    ],
)
def test_a_name_of_this_machine_is_not_outside(address: str, *, outside: bool) -> None:
    assert is_outside(address) is outside


@pytest.mark.parametrize(
    "rule", ["", "*", "*.*", "http://pypi.org", "pypi.org/", "1.2.3.4", "a..b", "pypi.org:0", "::1"]
)
def test_what_is_no_name_of_a_host_is_no_rule(rule: str) -> None:
    assert "is no name of a host" in rule_problem(rule)


@pytest.mark.parametrize("rule", [*ALLOW, "localhost", "PyPI.org"])
def test_names_are_rules(rule: str) -> None:
    assert rule_problem(rule) == ""
