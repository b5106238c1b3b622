"""Does in a workspace, with the vendor's SDK, what a plan of Holdfast leaves to people: runs the notebooks that mount storage, and
creates the database and the table whose permissions the next restore brings.

    by_hand.py URL TOKEN PLAN
"""

import json
import sys

from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.service import compute

SCOPE = "mounting"  # goes again: a mount keeps what it was given
SECRETS = ["account-key", "client-id", "client-secret", "tenant-id"]
BEGIN = "# Databricks notebook source\n"


def run_notebook(text, dbutils):
    names = {"dbutils": dbutils}
    for cell in text.replace('"SCOPE"', f'"{SCOPE}"', 1).split("\n# COMMAND ----------\n"):
        exec(compile(cell, "cell", "exec"), names)


def mount(w, plan):
    w.secrets.create_scope(SCOPE)
    for key in SECRETS:
        w.secrets.put_secret(SCOPE, key, string_value=f"made up {key}")
    dbutils = w.dbutils
    points = {}
    for step in plan["steps"]:
        if step["kind"] == "mounts":
            [task] = step["tasks"]
            run_notebook(task[task.index(BEGIN) :], dbutils)
            points[step["path"]] = task
    made = dbutils.fs.mounts()
    for path, task in points.items():
        run_notebook(task[task.index(BEGIN) :], dbutils)
        [one] = [each for each in made if "mounts" + each.mountPoint == path]
        print(f"mounted {one.source} on {one.mountPoint}")
    assert points and dbutils.fs.mounts() == made, "a notebook that is run twice changes nothing"
    w.secrets.delete_scope(SCOPE)


def create(w):
    cluster = w.config.cluster_id
    context = w.command_execution.create_and_wait(cluster_id=cluster, language=compute.Language.SQL)
    for statement in ("CREATE DATABASE sales", "CREATE TABLE sales.orders (id BIGINT)"):
        done = w.command_execution.execute_and_wait(
            cluster_id=cluster, context_id=context.id, language=compute.Language.SQL, command=statement
        )
        assert done.results.result_type == compute.ResultType.TEXT, done.results.summary
    w.command_execution.destroy(cluster, context.id)


def main(url, token, plan_file):
    w = WorkspaceClient(config=Config(host=url, token=token))
    w.config.cluster_id = next(one.cluster_id for one in w.clusters.list() if one.cluster_name == "etl-dev")
    w.clusters.ensure_cluster_is_running(w.config.cluster_id)
    with open(plan_file, encoding="utf-8") as file:
        mount(w, json.load(file))
    create(w)


if __name__ == "__main__":
    main(*sys.argv[1:])
