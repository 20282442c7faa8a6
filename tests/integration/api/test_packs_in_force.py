"""A map asks which packs are in force, how they are drawn and what they send."""

from house import READER_KEY, as_source


def test_every_pack_is_listed_with_its_layer_icon_and_cards(client):
    answer = client.get("/api/v1/packs", headers=as_source(READER_KEY))

    packs = {pack["id"]: pack for pack in answer.json["items"]}
    flooding = packs["underpass-flooding"]
    assert answer.status_code == 200
    assert flooding["layer"]["kinds"] == ["underpass", "river"]
    assert flooding["icon"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert flooding["cards"]["flooding"][1]["send"] == {"drainage": 2, "rescue": 1}
    assert packs["resident-reports"]["layer"] is None


def test_packs_are_shown_to_those_who_may_read_alone(client):
    assert client.get("/api/v1/packs").status_code == 401
