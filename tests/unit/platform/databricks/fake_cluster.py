"""Runs what Holdfast gives to a cluster, with a `spark` and a `dbutils` of our own.

    fake_cluster.py WORLD REPORT <PROGRAM

WORLD, JSON: `mounts`, each [mount point, source, encryption type], or the text of what looking at it raises; `answers`, by
statement, what spark.sql() gives for it, as an expression of Python; `secrets`, by "scope/key"; `conf`.  What the program
prints is printed.  REPORT: how many cells it has, the statements that it ran, the secrets that it read, and what it mounted.
A program that fails ends this with code 1; its error is the last line.
"""

import json
import sys
from collections import namedtuple

MountInfo = namedtuple("MountInfo", ["mountPoint", "source", "encryptionType"])


def fails(text):
    raise RuntimeError(text)


class Trouble:
    def __init__(self, text):
        self._text = text

    def __getattr__(self, name):
        raise OSError(self._text)


class Row(tuple):
    """Rows of Spark are tuples, not lists."""


class Answer:
    def __init__(self, rows):
        self._rows = rows

    def collect(self):
        return [Row(row) for row in self._rows]


class Spark:
    def __init__(self, world, told):
        self._answers, self._told = world.get("answers", {}), told
        self.conf = world.get("conf", {})

    def sql(self, statement):
        self._told["statements"].append(statement)
        return Answer(eval(self._answers[statement], {"fails": fails}))


class Files:
    def __init__(self, world, told):
        self._mounts, self._told = world.get("mounts", []), told

    def mounts(self):
        return [Trouble(one) if isinstance(one, str) else MountInfo(*one) for one in self._mounts]

    # As the platform declares it.
    def mount(self, source, mount_point, encryption_type="", owner=None, extra_configs={}):
        made = {"source": source, "mount_point": mount_point, "encryption_type": encryption_type, "extra_configs": extra_configs}
        self._told["mounted"].append(made)
        self._mounts.append([mount_point, source, encryption_type])
        return True


class Secrets:
    def __init__(self, world, told):
        self._secrets, self._told = world.get("secrets", {}), told

    def get(self, scope, key):
        self._told["secrets"].append(f"{scope}/{key}")
        return self._secrets[f"{scope}/{key}"]


DbUtils = namedtuple("DbUtils", ["fs", "secrets"])


def cells_of(program):
    """A notebook in source form is run cell by cell."""
    if not program.startswith("# Databricks notebook source\n"):
        return [program]
    return program.split("\n# COMMAND ----------\n")


def main(world_file, report_file):
    with open(world_file, encoding="utf-8") as file:
        world = json.load(file)
    cells = cells_of(sys.stdin.buffer.read().decode())
    told = {"cells": len(cells), "statements": [], "secrets": [], "mounted": []}
    names = {"spark": Spark(world, told), "dbutils": DbUtils(Files(world, told), Secrets(world, told))}
    failed = 0
    try:
        for cell in cells:
            exec(compile(cell, "cell", "exec"), names)
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        failed = 1
    with open(report_file, "w", encoding="utf-8") as file:
        json.dump(told, file)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
