import pytest
from agentctl.orchestrator.sandbox.egress import Refused, Wanted, is_outside, rule_problem, wanted
from hypothesis import given
from hypothesis import strategies as st

ALLOW = ("packages.example", "*.hosted.example", "mirror.example:8443", "plain.example")


def head(line: str, *fields: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", *fields, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("packages.example:443", "packages.example", 443),
        ("Packages.example.:443", "packages.example", 443),
        ("files.hosted.example:443", "files.hosted.example", 443),
        ("a.b.hosted.example:443", "a.b.hosted.example", 443),
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
        ("CONNECT packages.example.evil.example:443", "not in allow"),
        ("CONNECT evilpackages.example:443", "not in allow"),
        ("CONNECT hosted.example:443", "not in allow"),
        ("CONNECT packages.example:22", "not in allow"),
        ("CONNECT mirror.example:443", "not in allow"),
        ("CONNECT 151.101.0.223:443", "addresses are not let through"),
        ("CONNECT 2130706433:443", "addresses are not let through"),
        ("CONNECT 0x7f.1:443", "addresses are not let through"),
        ("CONNECT 127.1:443", "addresses are not let through"),
        ("CONNECT [::1]:443", "addresses are not let through"),
        ("CONNECT packages.example", "no name of a host"),
        ("CONNECT :443", "no name of a host"),
        ("CONNECT packages.example:0", "no port"),
        ("CONNECT packages.example:99999", "no port"),
        ("CONNECT packages.example@evil.example:443", "no name of a host"),
        ("CONNECT evil.example#packages.example:443", "no name of a host"),
        ("POST http://plain.example/", "POST is not let through"),
        ("PUT http://plain.example/", "PUT is not let through"),
        ("GET https://packages.example/", "http://"),
        ("GET /simple", "http://"),
        ("GET http://packages.example@evil.example/", "http://"),
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
        assert place.host in {"packages.example", "mirror.example", "plain.example"} or place.host.endswith(
            ".hosted.example"
        )


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
    "rule",
    ["", "*", "*.*", "http://packages.example", "packages.example/", "1.2.3.4", "a..b", "packages.example:0", "::1"],
)
def test_what_is_no_name_of_a_host_is_no_rule(rule: str) -> None:
    assert "is no name of a host" in rule_problem(rule)


@pytest.mark.parametrize("rule", [*ALLOW, "localhost", "Packages.example"])
def test_names_are_rules(rule: str) -> None:
    assert rule_problem(rule) == ""
