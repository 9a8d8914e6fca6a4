from tests.client.exchanging import PURPOSE, drafts


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
