"""Runs the judges in databricks_sdk/*.py with a client of the vendor's SDK, unmodified, against a stand-in.

    sdk_runner.py URL TOKEN [SERVICE]

A file SERVICE.py names in KINDS what it judges, each by a function that takes the client.
"""

import importlib.util
import logging
import pathlib
import sys
import traceback

from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config


def kinds_of(path):
    # By its path: "secrets" is a module of Python itself, too.
    spec = importlib.util.spec_from_file_location(f"judge_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.KINDS


def main(url, token, only=None):
    logging.disable(logging.CRITICAL)
    folder = pathlib.Path(__file__).parent / "databricks_sdk"
    sys.path.append(str(folder))  # for expect
    failed = passed = 0
    for path in sorted(folder.glob("*.py")):
        if path.stem == "expect" or only not in (None, path.stem):
            continue
        for kind, judge in kinds_of(path).items():
            client = WorkspaceClient(config=Config(host=url, token=token, retry_timeout_seconds=5))
            try:
                judge(client)
                passed += 1
                print(f"ok {path.stem}: {kind}")
            except Exception:
                failed += 1
                print(f"FAILED {path.stem}: {kind}")
                traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
