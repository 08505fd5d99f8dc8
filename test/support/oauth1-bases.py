"""What oauthlib signs: for each request that comes as a line of JSON, its signature base string, as a line of JSON."""

import json
import sys

from oauthlib.oauth1.rfc5849 import signature

for line in sys.stdin:
    request = json.loads(line)
    url = request["url"]
    parameters = signature.collect_parameters(
        uri_query=url.partition("?")[2],
        body=request["form"],
        headers={"Authorization": request["authorization"]},
    )
    base = signature.signature_base_string(
        request["method"],
        signature.base_string_uri(url),
        signature.normalize_parameters(parameters),
    )
    print(json.dumps(base))
