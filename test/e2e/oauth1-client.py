"""A client made with requests-oauthlib: signs what it is given as JSON on stdin, and says as JSON what was answered.

It believes the service to be at its issuer, and every connection goes to where the service really is.
"""

import base64
import json
import sys
from urllib.parse import urljoin

from requests.adapters import HTTPAdapter
from requests_oauthlib import OAuth1Session

said = json.load(sys.stdin)
issuer, at = said["issuer"], said["at"]


class There(HTTPAdapter):
    """Sends what was signed for the issuer, unchanged but for where it goes."""

    def send(self, request, **options):
        signed = request.url
        request.url = at + signed[len(issuer) :]
        response = super().send(request, **options)
        response.url = signed
        return response


def shown(response):
    return {
        "status": response.status_code,
        "challenge": response.headers.get("WWW-Authenticate"),
        "body": base64.b64encode(response.content).decode(),
    }


class Client:
    def __init__(self, **keys):
        self.session = OAuth1Session(**keys)
        self.session.mount(issuer, There())
        self.session.headers["X-Experience-API-Version"] = "1.0.3"

    def call(self, method, url, headers=None, body=None, form=None):
        data = base64.b64decode(body) if body is not None else form
        return shown(self.session.request(method, issuer + url, headers=headers, data=data, allow_redirects=False))

    def pages(self, url):
        """Every statement, by following the links, each signed anew."""
        statements, url = [], issuer + url
        while url:
            response = self.session.get(url)
            response.raise_for_status()
            page = response.json()
            statements += page["statements"]
            url = page.get("more") and urljoin(url, page["more"])
        return statements

    def initiate(self, url):
        return self.session.fetch_request_token(issuer + url)

    def token(self, url):
        return self.session.fetch_access_token(issuer + url)


def answers(keys, steps):
    client = Client(**keys)
    return [getattr(client, step.pop("do"))(**step) for step in steps]


print(json.dumps([answer for run in said["runs"] for answer in answers(**run)]))
