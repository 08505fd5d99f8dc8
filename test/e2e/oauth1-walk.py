"""A client of ADL LRS, as its users write it with requests-oauthlib.

It begins, is come back to by a person's browser, and goes on; what it knows in between is JSON on stdin and stdout.
"""

import json
import sys

import requests
from requests_oauthlib import OAuth1Session

STATEMENT = {
    "actor": {"mbox": "mailto:ann@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://example.org/course/1"},
}
HEADERS = {"X-Experience-API-Version": "1.0.3"}


def begin(lrs, keys, callback, scope, form):
    session = OAuth1Session(callback_uri=callback, **keys)
    asked = {"data": {"scope": scope}} if form else {"params": {"scope": scope}}
    token = session.fetch_request_token(lrs + "OAuth/initiate", **asked)
    return {"token": token, "url": session.authorization_url(lrs + "OAuth/authorize")}


def finish(lrs, keys, token, answer, form):
    owner = {"resource_owner_key": token["oauth_token"], "resource_owner_secret": token["oauth_token_secret"]}
    session = OAuth1Session(**keys, **owner)
    # Where a person copied it from the page, it is the verifier itself.
    if "://" in answer:
        session.parse_authorization_response(answer)
        verifier = {}
    else:
        verifier = {"verifier": answer}
    access = session.fetch_access_token(lrs + "OAuth/token", **verifier, **({"data": {"a": "form"}} if form else {}))
    # JSON is not signed, and has no room for a signature.
    calling = {**keys, "signature_type": "AUTH_HEADER" if form else keys["signature_type"]}
    own = {"resource_owner_key": access["oauth_token"], "resource_owner_secret": access["oauth_token_secret"]}
    calls = OAuth1Session(**calling, **own)
    stored = calls.post(lrs + "statements", json=STATEMENT, headers=HEADERS)
    stored.raise_for_status()
    read = calls.get(lrs + "statements", params={"statementId": stored.json()[0]}, headers=HEADERS)
    agent = {"agent": json.dumps(STATEMENT["actor"])}
    temporary = OAuth1Session(**calling, **owner)
    bearer = {**HEADERS, "Authorization": "Bearer " + access["oauth_token"]}
    again = OAuth1Session(**keys, **own, verifier="any")
    return {
        "authority": read.json()["authority"],
        "beyond its scope": calls.get(lrs + "agents", params=agent, headers=HEADERS).status_code,
        "temporary credentials in their place": temporary.get(lrs + "statements", headers=HEADERS).status_code,
        "them at the token endpoint": again.post(lrs + "OAuth/token").status_code,
        "as a bearer token": requests.get(lrs + "statements", headers=bearer).status_code,
    }


said = json.load(sys.stdin)
steps = {"begin": begin, "finish": finish}
print(json.dumps([steps[said["step"]](said["lrs"], **each) for each in said["each"]]))
