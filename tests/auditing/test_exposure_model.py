"""Reports of exposure beside what readers noted, in a world of random acts; the drill has many, and longer ones."""

from tests.drills.exposure_world import ExposureWorld, a_script, asking_reports
from tests.growing import grown_with
from tests.partners import a_node

SECTORS = {"hotline": "hotline", "platform": "platform", "ngo": "ngo", "ministry": "government"}

template = grown_with(**SECTORS, place_all=True)


def test_reports_say_what_answers_carried(database):
    node = a_node(database)
    partners = [node.join(f"{name}.example", sector=sector) for name, sector in SECTORS.items()]
    world = ExposureWorld(node, database, partners, narrow=[partner.exchange for partner in partners])
    world.act_all(a_script(23, 40))
    with asking_reports(database) as db:
        world.judge_exposure(db)
    node.close()
    assert world.carried
