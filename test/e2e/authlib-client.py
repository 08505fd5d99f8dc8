"""A client made with Authlib: gets a token at each URL, uses it, and prints what came back.

Standard input: {"tokens": [[url, method], …], "xapi", "launches", "credentials", "key", "secret"}
"""
import json
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session

given = json.load(sys.stdin)
VERSION = {'X-Experience-API-Version': '1.0.3'}
STATEMENT = {
    'actor': {'mbox': 'mailto:learner@example.org'},
    'verb': {'id': 'http://adlnet.gov/expapi/verbs/experienced'},
    'object': {'id': 'https://example.org/activities/a-course'},
}
LAUNCH = {
    'actor': {'account': {'homePage': 'https://lms.example', 'name': '42'}},
    'activityId': 'https://example.org/au/1',
    'registration': '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
}


def session(url, method, scope):
    one = OAuth2Session(given['key'], given['secret'], scope=scope, token_endpoint_auth_method=method)
    one.fetch_token(url, grant_type='client_credentials')
    return one


said = {'statements': []}
for url, method in given['tokens']:
    client = session(url, method, 'xapi:write')
    said['statements'].append(client.post(given['xapi'] + 'statements', json=STATEMENT, headers=VERSION).status_code)

lms = session(given['tokens'][0][0], 'client_secret_basic', 'launch super all')
launched = lms.post(given['launches'], json=LAUNCH)
fetched = [requests.post(launched.json()['fetch']).json() for _ in range(2)]
about = dict(STATEMENT, actor=LAUNCH['actor'], object={'id': LAUNCH['activityId']},
             context={'registration': LAUNCH['registration']})
basic = dict(VERSION, Authorization='Basic ' + fetched[0]['auth-token'])
said['launched'] = [
    launched.status_code,
    requests.post(given['xapi'] + 'statements', json=about, headers=basic).status_code,
    fetched[1].get('error-code'),
]

made = lms.post(given['credentials'], json={'user': {'email': 'john@example.com'}, 'scopes': ['statements/write']})
pair = (made.json()['key'], made.json()['secret'])
stored = requests.post(given['xapi'] + 'statements', json=STATEMENT, headers=VERSION, auth=pair)
deleted = lms.delete(given['credentials'], params=dict(zip(('key', 'secret'), pair)))
after = requests.post(given['xapi'] + 'statements', json=STATEMENT, headers=VERSION, auth=pair)
said['credential'] = [answer.status_code for answer in (made, stored, deleted, after)]

print(json.dumps(said))
