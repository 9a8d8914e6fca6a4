"""The examples of the SDK's page, run as they stand, in their order, against a node."""

import re
from pathlib import Path

from tests.client.exchanging import PURPOSE, drafts

PAGE = Path(__file__).parents[2] / "docs" / "sdk.md"


def examples():
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_sdk_s_page_run_and_nothing_of_them_is_refused(listening, tmp_path, monkeypatch, capsys):
    hotline = listening.join("hotline.example")
    hotline.sdk().push(drafts(1))
    reader = listening.node.join("developer.example", sector="platform")
    listening.member(reader, folder=".havre")
    monkeypatch.setenv("HOME", str(tmp_path))
    told = {}
    for number, example in enumerate(examples(), start=1):
        listening.place()
        exec(compile(example, f"docs/sdk.md, example {number}", "exec"), told)  # noqa: S102 - our own page
        assert told["outcome"].refused == []
    assert number == 5
    listening.place()
    sdk = hotline.sdk()
    list(sdk.pull(purpose=PURPOSE))
    kinds = {one.kind for one in sdk.live_records()}
    assert kinds == {"signal", "group", "opinion"}
    assert "disputed" not in capsys.readouterr().err
