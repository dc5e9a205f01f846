"""What may be connected to, and what a URL means."""

import pytest

from toolmesh_core.egress.addresses import may_connect
from toolmesh_core.egress.host_list import HostList, parse_rules
from toolmesh_core.egress.targets import parse_target, redirected
from toolmesh_core.errors import ToolError

REFUSED = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "192.88.99.1",
    "168.63.129.16",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2130706433",
    "0x7f000001",
    "127.1",
    "localhost",
    "",
]


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not may_connect(address, private_allowed=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert may_connect(address, private_allowed=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.20.0.1", "::1", "fd00::1"])
def test_a_host_named_as_private_may_have_a_private_address(address: str) -> None:
    assert may_connect(address, private_allowed=True)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "224.0.0.1",
        "0.0.0.0",
        "::",
        "64:ff9b::127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
    ],
)
def test_link_local_and_odd_addresses_stay_refused_even_for_a_private_host(address: str) -> None:
    assert not may_connect(address, private_allowed=True)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("HTTP://Example.COM.:80/a b".replace(" ", "%20"), "example.com", 80, "/a%20b"),
        ("https://example.com:8443/x?q=1#part", "example.com", 8443, "/x?q=1"),
        ("https://例子.测试/路径?问=答", "xn--fsqu00a.xn--0zwm56d", 443, "/%E8%B7%AF%E5%BE%84?%E9%97%AE=%E7%AD%94"),
        ("http://[2606:4700::1]/", "2606:4700::1", 80, "/"),
    ],
)
def test_a_url_is_taken_apart(url: str, host: str, port: int, path: str) -> None:
    target = parse_target(url)
    assert (target.host, target.port, target.path) == (host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "example.com",
        "//example.com/",
        "http://",
        "http:///path",
        "http://user:secret@example.com/",
        "http://example.com@evil.test/",
        "http://example.com\\@evil.test/",
        "http://example.com/\r\nX-Injected: 1",
        "http://exa mple.com/",
        "http://example.com:99999/",
        "http://example.com:port/",
        "http://%31%32%37.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://1.2.3.4.5/",
        "http://example.0x1/",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "https://example.com/" + "a" * 3000,
        "",
    ],
)
def test_a_url_that_is_none_or_hides_something_is_refused(url: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_target(url)
    assert caught.value.reason == "BAD_URL"
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("rules", "url", "allowed"),
    [
        ("", "https://example.com/", False),
        ("example.com", "https://example.com/", True),
        ("example.com", "http://example.com/", True),
        ("Example.COM", "https://EXAMPLE.com./", True),
        ("example.com", "https://www.example.com/", False),
        ("example.com", "https://badexample.com/", False),
        ("example.com", "https://example.com.evil.test/", False),
        ("example.com", "https://example.com:8443/", False),
        ("example.com:8443", "https://example.com:8443/", True),
        ("example.com:8443", "https://example.com/", False),
        ("*.example.com", "https://api.example.com/", True),
        ("*.example.com", "https://a.b.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("*.example.com", "https://evilexample.com/", False),
        ("a.test, b.test", "https://b.test/", True),
        ("例子.测试", "https://例子.测试/", True),
        ("[::1]:8080", "http://[::1]:8080/", True),
    ],
)
def test_only_listed_hosts_and_ports_are_let_through(rules: str, url: str, allowed: bool) -> None:
    hosts = HostList(parse_rules(rules), allowed_setting="ALLOWED_HOSTS")
    if allowed:
        hosts.check(parse_target(url))
        return
    with pytest.raises(ToolError, match="add it to ALLOWED_HOSTS") as caught:
        hosts.check(parse_target(url))
    assert caught.value.reason == "HOST_NOT_ALLOWED"


@pytest.mark.parametrize(
    "rules", ["*", "*.*.com", "http://example.com", "user@example.com", "example.com/path", "a:99999"]
)
def test_a_rule_that_is_no_host_is_refused(rules: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rules(rules)


def test_a_redirect_is_read_relative_to_its_page_and_never_leaves_https() -> None:
    start = parse_target("https://example.com/a/b")
    assert redirected(start, "../c").url == "https://example.com/c"
    with pytest.raises(ToolError, match="https to http"):
        redirected(start, "http://example.com/")
    with pytest.raises(ToolError):
        redirected(start, "file:///etc/passwd")
