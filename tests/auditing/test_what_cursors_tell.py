"""A cursor names a place of the log; it names none that its viewer may not see, and tells of nobody else's acts."""

import pytest

from crypto.encoding import from_base64url
from server.auditing.filtering import TrailFilter
from server.auditing.searching import write_cursor
from server.auditing.viewing import Viewer
from tests.exchanges import pull
from tests.partners import an_id
from tests.signals import a_batch, a_signal


def _index_in(cursor):
    return None if cursor is None else int.from_bytes(from_base64url(cursor)[1:9])


@pytest.fixture
def signal(hotline, platform, bystander, index):
    """A record of the hotline's; all have pulled, and then the platform reads it once more."""
    shared = a_signal()
    assert hotline.partner.push(a_batch(hotline.partner, [shared]).document).status == 201
    index()
    pull(bystander.partner)
    pull(platform.partner)
    assert platform.partner.get(f"/v1/records/hotline.example/{shared['id']}", purpose="detection").status == 200
    index()
    return shared


def test_the_id_of_anothers_act_has_no_cursor(platform, bystander, signal):
    of_another = platform.entries(by=platform.federation_auditor, organisation="platform.example")[0]["id"]

    assert bystander.trail(id=of_another).json["page"] == bystander.trail(id=an_id()).json["page"]


def test_the_record_of_another_has_no_cursor(hotline, bystander, platform, index, signal):
    unseen = a_signal()
    hotline.partner.push(a_batch(hotline.partner, [unseen]).document)
    index()

    asked = {"origin": "hotline.example"}
    nothing = bystander.trail(**asked, record=an_id()).json["page"]
    assert bystander.trail(**asked, record=unseen["id"]).json["page"] == nothing


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_page_of_anothers_records_ends_at_ones_own_act(bystander, signal, order):
    page = bystander.trail(origin="hotline.example", order=order).json

    assert [one["index"] for one in page["entries"]] != []
    assert _index_in(page["page"]["next"]) == page["entries"][-1]["index"]


def test_a_cursor_that_somebody_made_names_a_place_of_the_log_or_is_refused(hotline):
    viewer = Viewer(organisation_id=0, organisation=hotline.name, sees_all=False)

    for index in (-(2**63), -1, 2**62, 2**63 - 1):
        assert hotline.trail(after=write_cursor(index, viewer, TrailFilter())).code == "bad_cursor"
