"""Reads a Holdfast repository of format 1 without Holdfast, written from docs/format alone.

    HOLDFAST_KEY='the passphrase' python3 tests/golden/reader FOLDER [--snapshot ID] [--rebuild-index] [--check]

FOLDER is a repository in a local folder.  Each row of every snapshot (or of those whose name or short id begins with ID) is
printed as one line of JSON, after a line about its snapshot.  A value that is not UTF-8 is printed as {"hex": "..."}, NULL as
null.  --key-file FILE takes the key from a file.

Digests, signatures, block ids, numbers of rows and content hashes are verified in any case: what is printed is what was
backed up.  --rebuild-index reads the directories of the packs instead of the index runs.  --check holds the rest against the
pages, too: where blocks and nodes end, what is in Bloom filters, and that a delta leads from one snapshot to the next.

Needs the Debian packages python3-cryptography, python3-zstandard, python3-argon2 and libxxhash0.  Whole trees are kept in
memory: this is for getting data back when all else is lost, and for the tests, not for speed.
"""
import argparse
import hashlib
import json
import os
import sys

sys.dont_write_bytecode = True  # the checkout stays as it is
from check import check_delta, check_layer  # noqa: E402
from primitives import Damaged  # noqa: E402
from repository import Repository, name_of, passed_over  # noqa: E402
from trees import rows_of  # noqa: E402


def printable(value):
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return {"hex": value.hex()}


def key_parts(schema, key):
    if not schema.get("key"):
        return printable(key)
    out = {}
    for part in schema["key"]:
        if part["type"] == "integer":
            out[part["name"]] = int.from_bytes(key[:8], "big") - (1 << 63)
            key = key[8:]
            continue
        text, at = b"", 0
        while key[at:at + 2] != b"\0\0":
            step = 2 if key[at] == 0 else 1
            text, at = text + key[at:at + 1], at + step
        out[part["name"]], key = printable(text), key[at + 2:]
    return out


def print_snapshot(repository, snapshot, short_id, check):
    print(json.dumps({"snapshot": name_of(snapshot.id), "short_id": short_id, "forgotten": repository.forgotten(snapshot.id),
                      "parent": snapshot.parent and name_of(snapshot.parent), **snapshot.about}))
    repository.use_runs(snapshot)
    for tree in snapshot.trees:
        rows = rows_of(repository, tree, check_layer if check else None)
        if check and snapshot.parent and tree.delta:
            check_delta(repository, snapshot, tree, rows)
        names = [column["name"] for column in tree.schema.get("columns", [])]
        for key, values in rows.items():
            columns = [printable(value) for value in values]
            print(json.dumps({"tree": tree.name, "key": key_parts(tree.schema, key),
                              "columns": dict(zip(names, columns)) if names else columns}))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder")
    arguments.add_argument("--snapshot", default="", metavar="ID")
    arguments.add_argument("--key-file", metavar="FILE")
    arguments.add_argument("--rebuild-index", action="store_true")
    arguments.add_argument("--check", action="store_true")
    wanted = arguments.parse_args()
    secret = os.environb.get(b"HOLDFAST_KEY", b"")
    if wanted.key_file:
        with open(wanted.key_file, "rb") as file:
            secret = file.read().removesuffix(b"\n").removesuffix(b"\r")
    try:
        repository = Repository(wanted.folder, secret, wanted.rebuild_index)
    except (Damaged, OSError) as problem:
        sys.exit(f"reader: {problem}")
    failed = False
    for name in repository.names("snapshots", "[0-9a-f]{8}-[0-9a-f]{16}"):
        short_id = hashlib.sha256(name.encode()).hexdigest()[:8]
        if not name.startswith(wanted.snapshot) and not short_id.startswith(wanted.snapshot):
            continue
        try:
            writer, sequence = name.split("-")
            print_snapshot(repository, repository.snapshot((int(writer, 16), int(sequence, 16))), short_id, wanted.check)
        except (Damaged, OSError) as problem:
            passed_over(f"snapshot {name}: {problem}")
            failed = True
    sys.exit(1 if failed else 0)


main()
