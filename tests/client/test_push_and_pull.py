import time

from client.drafting import Draft
from client.pulling import Filter
from tests.client.exchanging import PURPOSE, a_signal, drafts, in_days, terms


def pulled(partner):
    return list(partner.pull(purpose=PURPOSE))


def test_whoami_is_signed_both_ways_and_names_the_organisation(world):
    hotline = world.join("hotline.example")
    assert hotline.sdk().whoami().organisation == "hotline.example"


def test_pushed_signals_arrive_at_another_partner_line_for_line(world):
    hotline, platform = world.join("hotline.example"), world.join("platform.example")
    outcome = hotline.sdk().push(drafts(1, 2, 3))
    world.place()
    reader = platform.sdk()
    pages = pulled(reader)
    assert (outcome.pushed, outcome.refused) == (3, [])
    assert sum(page.records for page in pages) == 3
    assert [one.line for one in reader.live_records()] == [one.line for one in hotline.sdk().live_records()]


def test_a_refused_record_is_handed_back_and_the_rest_is_pushed(world):
    hotline = world.join("hotline.example")
    sender = hotline.sdk()
    sender.push(drafts(1))
    again = drafts(1, 2, terms_=terms(expires=in_days(500)))
    outcome = sender.push(again)
    assert outcome.pushed == 1
    assert [(one.row, one.code) for one in outcome.refused] == [(0, "value_already_shared")]


def test_a_record_of_a_wrong_form_is_refused_before_it_is_sent(world):
    hotline = world.join("hotline.example")
    wrong = Draft(row=7, record=a_signal(1, quality="high"), terms=terms())
    outcome = hotline.sdk().push([wrong])
    assert [(one.row, one.pointer, one.code) for one in outcome.refused] == [(7, "/quality", "wrong_type")]


def test_the_same_drafts_again_push_nothing_after_a_restart(world):
    hotline = world.join("hotline.example")
    hotline.sdk().push(drafts(1, 2))
    outcome = hotline.sdk().push(drafts(1, 2))
    assert (outcome.pushed, outcome.already) == (0, 2)


def test_records_of_different_terms_go_into_different_batches(world):
    hotline = world.join("hotline.example")
    mixed = [*drafts(1), *drafts(2, terms_=terms(tlp="CLEAR"))]
    assert len(hotline.sdk().push(mixed).batches) == 2


def test_more_than_4096_records_go_into_two_batches(world):
    hotline = world.join("hotline.example")
    outcome = hotline.sdk().push(drafts(*range(4097)))
    assert (outcome.pushed, len(outcome.batches)) == (4097, 2)


def test_a_withdrawn_signal_is_live_no_more_on_the_other_side(world):
    hotline, platform = world.join("hotline.example"), world.join("platform.example")
    sender, reader = hotline.sdk(), platform.sdk()
    sender.push(drafts(1, 2))
    world.place()
    pulled(reader)
    withdrawn = next(sender.live_records()).id
    sender.withdraw([withdrawn], reason="error")
    world.place()
    pulled(reader)
    assert withdrawn not in {one.id for one in reader.live_records()}
    assert len(list(reader.live_records())) == 1


def test_what_was_withdrawn_can_be_shared_anew_under_a_new_id(world):
    sender = world.join("hotline.example").sdk()
    sender.push(drafts(1))
    before = next(sender.live_records()).id
    sender.withdraw([before], reason="audience_changed")
    assert sender.push(drafts(1)).pushed == 1
    assert next(sender.live_records()).id != before


def test_a_pull_goes_on_where_it_was_left_also_after_a_restart(world):
    hotline, platform = world.join("hotline.example"), world.join("platform.example")
    hotline.sdk().push(drafts(1))
    world.place()
    pulled(platform.sdk())
    hotline.sdk().push(drafts(2))
    world.place()
    assert [page.records for page in pulled(platform.sdk())] == [1]


def test_each_purpose_and_filter_has_its_own_cursor_and_nothing_is_kept_twice(world):
    hotline, platform = world.join("hotline.example"), world.join("platform.example")
    hotline.sdk().push(drafts(1, 2))
    world.place()
    reader = platform.sdk()
    pulled(reader)
    again = list(reader.pull(purpose=PURPOSE, only=Filter(origin="hotline.example")))
    assert again[0].batches == 1
    assert len(list(reader.live_records())) == 2


def test_a_pull_in_small_pages_verifies_the_chain_across_them(world):
    hotline, platform = world.join("hotline.example"), world.join("platform.example")
    sender = hotline.sdk()
    for number in range(4):
        sender.push(drafts(number))
    world.place()
    pages = list(platform.sdk().pull(purpose=PURPOSE, limit=1))
    assert [page.batches for page in pages] == [1, 1, 1, 1]


def test_all_receipts_open_and_agree(world):
    hotline, platform = world.join("hotline.example"), world.join("platform.example")
    sender, reader = hotline.sdk(), platform.sdk()
    sender.push(drafts(1, 2))
    sender.push(drafts(1, terms_=terms(expires=in_days(500))))
    world.place()
    pulled(reader)
    checked = [*sender.check_receipts(), *reader.check_receipts()]
    assert {one.action for one in checked} >= {"push_batch", "read_feed"}
    assert [one for one in checked if one.finding is not None] == []


def test_an_expired_batch_keeps_the_chain_whole_and_its_receipt_agrees(world):
    hotline, platform = world.join("hotline.example"), world.join("platform.example")
    sender, reader = hotline.sdk(), platform.sdk()
    sender.push(drafts(1, terms_=terms(expires=in_days(2 / 86_400))))
    sender.push(drafts(2))
    world.place()
    time.sleep(2.5)
    pulled(reader)
    assert len(list(reader.live_records())) == 1
    assert [one.finding for one in reader.check_receipts() if one.finding is not None] == []
