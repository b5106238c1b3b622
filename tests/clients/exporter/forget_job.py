"""Removes a job of a workspace by its name.

    forget_job.py URL TOKEN NAME

The exporter looks at all tasks of a job again for every field of each: 120 tasks take it minutes of processor time.
"""

import json
import sys
import urllib.parse
import urllib.request


def main(url, token, name):
    def ask(path, body=None):
        request = urllib.request.Request(url + path, data=body, headers={"Authorization": "Bearer " + token})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    (found,) = ask("/api/2.1/jobs/list?name=" + urllib.parse.quote(name))["jobs"]
    ask("/api/2.1/jobs/delete", json.dumps({"job_id": found["job_id"]}).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
