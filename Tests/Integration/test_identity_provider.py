"""People whom an identity provider knows."""

import time

from harness.people import NOBODY, PASSWORD, SETTINGS, Person, register, sign_in
from harness.tokens import PROVIDER, generation_of, jwt, make_token

CONFIRMING_SECONDS = 300


def test_a_token_of_the_identity_provider_makes_the_account_and_signs_in(new_cluster):
    cluster = new_cluster(pod_count=2, settings=SETTINGS, pod_settings=PROVIDER).start()
    one, other = cluster.pods
    ann = Person("Ann", jwt(aud="chat", preferred_username="Ann", sub="4711"))
    assert ann.refused(one, "GET", "/sessions") == 401
    first = ann.ask(one, "POST", "/sessions")
    assert first.status == 201 and first.json["name"] == "Ann"
    cluster.wait_until_equal()
    again = ann.ask(other, "POST", "/sessions")
    assert again.status == 200 and again.json["name"] == "Ann"
    own = Person("Ann", again.json["token"])
    # Both tokens are good, as the cluster's own and as the provider's.
    for person in (ann, own):
        assert person.does(other, "GET", "/sessions")["name"] == "Ann"
    assert own.reads(one, "square") == []
    # No password opens it.
    for password in ("external", PASSWORD):
        assert sign_in(one, "Ann", password).status == 401
    bad = [
        jwt(key="another key", aud="chat", sub="eve"), jwt(aud="mail", sub="eve"), jwt(sub="eve"),
        jwt(aud="chat"), jwt(aud="chat", sub="eve", exp=int(time.time()) - 3600),
        jwt(algorithm="none", aud="chat", sub="eve"), jwt(aud="chat", sub="eve") + "x", "a.b.c"]
    for token in bad:
        assert Person("Eve", token).refused(one, "POST", "/sessions") == 401, token
    assert Person("Eve", jwt(aud="chat", sub="two words")).refused(one, "POST", "/sessions") in (400, 401)
    assert NOBODY.refused(one, "GET", "/accounts/eve") == 404


def test_an_account_without_password_is_deleted_by_who_has_just_signed_in(new_cluster):
    pod = new_cluster(pod_count=1, settings=SETTINGS, pod_settings=PROVIDER).start().pods[0]
    token = jwt(aud="chat", sub="ann")
    fresh = Person("ann", token).does(pod, "POST", "/sessions")["token"]
    old = make_token("ann", generation_of(fresh), int(time.time()) - CONFIRMING_SECONDS - 1, 3600)
    assert Person("ann", old).does(pod, "GET", "/sessions")["name"] == "ann"
    bob = register(pod, "bob")
    # Neither an old token, nor the provider's own, nor somebody else's, nor a password that there is not.
    for person, body in (
            (Person("ann", old), None), (Person("ann", token), None), (bob, None), (NOBODY, None),
            (Person("ann", fresh), {"password": PASSWORD})):
        assert person.refused(pod, "DELETE", "/accounts/ann", body) in (400, 401)
    # Who has a password says it, however fresh the token is.
    assert bob.refused(pod, "DELETE", "/accounts/bob") == 400
    ann = Person("ann", fresh)
    ann.does(pod, "DELETE", "/accounts/Ann")
    assert NOBODY.does(pod, "GET", "/accounts/ann")["deleted"]
    assert ann.refused(pod, "GET", "/sessions") == 401
    assert Person("ann", token).refused(pod, "POST", "/sessions") == 401
