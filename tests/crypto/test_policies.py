from hashlib import sha256

import pytest

from crypto.checkpoints import COSIGNATURE, verifier_key
from crypto.keys import private_key_from_seed
from crypto.policies import PolicyRefused, read_policy


def witness_key(name, number=None):
    key = private_key_from_seed(sha256(f"{name if number is None else number}".encode()).digest())
    return verifier_key(f"{name}.example", key.public, algorithm=COSIGNATURE)


LOG = verifier_key("log.example/log/1", private_key_from_seed(b"\x99" * 32).public)
X1, X2, X3, Y1, Y2, Y3 = (witness_key(name) for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3"))
# The shape of the example in c2sp.org/tlog-policy.
EXAMPLE = f"""log {LOG}

witness X1 {X1}
witness X2 {X2}
witness X3 {X3}
group X-witnesses 2 X1 X2 X3

witness Y1 {Y1}
witness Y2 {Y2}
witness Y3 {Y3}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def met(policy, *names):
    return policy.is_met([one.key for one in policy.witnesses if one.name in names])


def refused(text):
    with pytest.raises(PolicyRefused) as caught:
        read_policy(text if isinstance(text, bytes) else text.encode())
    return caught.value.reason, caught.value.line


@pytest.mark.parametrize(
    ("names", "is_met"),
    [
        ((), False),
        (("X1", "X2"), False),
        (("X1", "Y1"), False),
        (("Y1", "Y2", "Y3"), False),
        (("X1", "X3", "Y2"), True),
        (("X1", "X2", "X3", "Y1", "Y2", "Y3"), True),
    ],
)
def test_the_published_example_means_two_of_one_group_and_one_of_the_other(names, is_met):
    assert met(read_policy(EXAMPLE.encode()), *names) is is_met


def test_a_log_and_a_witness_may_say_where_they_are():
    policy = read_policy(f"log {LOG} https://log.example\nwitness w {X1} https://w.example/v1\nquorum w\n".encode())
    assert (policy.logs[0].url, policy.witnesses[0].url) == ("https://log.example", "https://w.example/v1")


def test_a_log_is_found_by_its_origin():
    policy = read_policy(EXAMPLE.encode())
    assert policy.log("log.example/log/1") == policy.logs[0]
    assert policy.log("log.example/log/2") is None


def test_a_quorum_of_none_is_always_met():
    assert read_policy(b"quorum none\n").is_met([])


def test_comments_blank_lines_tabs_and_spaces_are_ignored():
    text = f"# a comment\n\t \n  # another\n\twitness \t w  {X1} \n quorum\tw\n"
    assert met(read_policy(text.encode()), "w")


def test_names_beyond_ascii_are_opaque():
    text = f"witness t\u00e9moin {X1}\nquorum t\u00e9moin\n"
    assert met(read_policy(text.encode()), "t\u00e9moin")


def test_names_that_are_no_utf8_are_opaque_too():
    assert read_policy(b"witness \xff " + X1.encode() + b"\nquorum \xff\n").witnesses


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("", "policy_quorum", 0),
        (f"witness w {X1}\n", "policy_quorum", 0),
        ("quorum w\n", "policy_quorum", 1),
        ("quorum none\nquorum none\n", "policy_twice", 2),
        ("quorum none", "policy_line", 1),
        ("quorum none\r\n", "policy_characters", 1),
        ("\x00quorum none\n", "policy_characters", 1),
        ("nonsense\nquorum none\n", "policy_line", 1),
        ("quorum none more\n", "policy_line", 1),
        (f"log {X1}\nquorum none\n", "policy_key", 1),
        (f"witness w {LOG}\nquorum none\n", "policy_key", 1),
        ("log nonsense\nquorum none\n", "policy_key", 1),
        (f"log {LOG}\nlog {LOG}\nquorum none\n", "policy_twice", 2),
        (f"witness a {X1}\nwitness b {X1}\nquorum none\n", "policy_twice", 2),
        (f"witness a {X1}\nwitness a {X2}\nquorum none\n", "policy_name", 2),
        (f"witness none {X1}\nquorum none\n", "policy_name", 1),
        (f"witness a {X1}\ngroup a any a\nquorum a\n", "policy_name", 2),
        ("group g any w\nquorum g\n", "policy_member", 1),
        (f"witness a {X1}\ngroup g any a a\nquorum g\n", "policy_member", 2),
        (f"witness a {X1}\ngroup g any a\ngroup h any a\nquorum h\n", "policy_member", 3),
        (f"witness a {X1}\ngroup g any none\nquorum g\n", "policy_member", 2),
        (f"witness a {X1}\ngroup g 0 a\nquorum g\n", "policy_line", 2),
        (f"witness a {X1}\ngroup g 2 a\nquorum g\n", "policy_line", 2),
        (f"witness a {X1}\ngroup g +1 a\nquorum g\n", "policy_line", 2),
        (f"witness a {X1}\ngroup g any\nquorum g\n", "policy_line", 2),
        (f"witness a {X1} https://a b\nquorum a\n", "policy_line", 1),
    ],
)
def test_a_policy_out_of_form_is_refused_with_its_line(text, reason, line):
    assert refused(text) == (reason, line)


def test_one_public_key_under_two_names_counts_once():
    same = witness_key("other", 7), witness_key("another", 7)
    assert refused(f"witness a {same[0]}\nwitness b {same[1]}\nquorum a\n") == ("policy_twice", 2)


def test_a_policy_beyond_the_limit_is_refused():
    assert refused(b"#" * 300_000)[0] == "policy_large"


def test_thirty_two_of_each_are_read():
    witnesses = "".join(f"witness w{number} {witness_key('w', number)}\n" for number in range(32))
    groups = "".join(f"group g{number} any w{number}\n" for number in range(32))
    everybody = " ".join(f"g{number}" for number in range(32))
    policy = read_policy(f"{witnesses}{groups}group g all {everybody}\nquorum g\n".encode())
    assert met(policy, *(f"w{number}" for number in range(32)))
    assert not met(policy, *(f"w{number}" for number in range(31)))
