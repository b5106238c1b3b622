"""Runs every function check_* of sdk/*.py with a client of the vendor's SDK, unmodified, against a stand-in.

    sdk_runner.py URL TOKEN [SERVICE]
"""

import importlib.util
import logging
import pathlib
import sys
import traceback

from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config


def checks_of(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = [(name, value) for name, value in vars(module).items() if name.startswith("check_")]
    assert found, f"{path.name} checks nothing"
    return found


def main(url, token, only=None):
    logging.disable(logging.CRITICAL)
    folder = pathlib.Path(__file__).parent / "sdk"
    failed = passed = 0
    for path in sorted(folder.glob("*.py")):
        if only is not None and path.stem != only:
            continue
        for name, check in checks_of(path):
            client = WorkspaceClient(config=Config(host=url, token=token, retry_timeout_seconds=5))
            try:
                check(client)
                passed += 1
                print(f"ok {path.stem}.{name}")
            except Exception:
                failed += 1
                print(f"FAILED {path.stem}.{name}")
                traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
