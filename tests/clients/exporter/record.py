"""Of a log of the exporter's requests: each with how it is answered, for a test that asks again without the exporter.

    record.py URL TOKEN LOG     asks the stand-in that wrote LOG again, and prints

A line is status, method, target, the shape of the answer and what was sent, if anything.  Of requests to one endpoint with the same parameters and an
answer of the same shape, which differ in what they ask about alone, the first is kept.
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

ABOUT = """\
# What the Terraform provider's exporter v1.50.0 asks of the realistic workspace, and the shapes of the answers: written by
#   HOLDFAST_BINARY=build/release/holdfast tests/clients/run exporter tests/clients/exporter/requests.txt
# and asked again by tests/unit/sim/databricks/exporter_test.cc.  s: a string, n: a number, b: true or false, z: null.
"""


# The one read that is no GET.  The log has no bodies; of this one it has the length.
EVENTS = "POST /api/2.1/clusters/events"
EVENTS_BODY = '{"cluster_id":"%s","event_types":["PINNED","UNPINNED"],"limit":1,"order":"DESC"}'


def body_of(route, received, asked):
    if route == EVENTS:
        clusters = sorted(one[2].partition("cluster_id=")[2] for one in asked if one[0] == "GET /api/2.1/clusters/get")
        body = EVENTS_BODY % clusters[0]
        if len(body) == received:
            return body
    if not route.startswith("GET ") or received:
        raise SystemExit(f"the exporter sent {received} bytes to '{route}'")
    return ""


def shape(value):
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        merged = []
        for one in map(shape, value):
            if one not in merged:
                merged.append(one)
        # Members of lists differ in what they leave out: what all have is what can be relied on.
        return merged[:1] if len(merged) < 2 else [common(merged)]
    return "z" if value is None else "b" if isinstance(value, bool) else "n" if isinstance(value, (int, float)) else "s"


def common(shapes):
    if all(isinstance(one, dict) for one in shapes):
        keys = set.intersection(*(set(one) for one in shapes))
        return {key: common([one[key] for one in shapes]) for key in keys}
    return shapes[0] if all(one == shapes[0] for one in shapes) else "z"


def ask(url, token, method, target, body):
    request = urllib.request.Request(url + target, data=body.encode() or None, method=method)
    request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read()


def main(url, token, log):
    kept = {}
    with open(log, encoding="utf-8") as lines:
        asked = {(one["route"], one["method"], one["target"], one["status"], one["received"]) for one in map(json.loads, lines)}
    for route, method, target, status, received in sorted(asked):
        sent = body_of(route, received, asked)
        again, kind, body = ask(url, token, method, target, sent)
        if again != status:
            raise SystemExit(f"{target} was answered with {status}, and again with {again}")
        text = json.dumps(shape(json.loads(body)), sort_keys=True, separators=(",", ":")) if kind.endswith("json") else "bytes"
        parameters = tuple(sorted(name for name, _ in urllib.parse.parse_qsl(target.partition("?")[2], keep_blank_values=True)))
        kept.setdefault((route, method, parameters, status, text), f"{status} {method} {target} {text} {sent}".rstrip())
    print(ABOUT + "\n".join(kept.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
