# judges: notebooks, folders, repos
# The loop of the classic runbook: export a folder, look at it, bring it in elsewhere, compare.
databricks workspace export_dir /Production exported
[ "$(find exported -type f | wc -l)" = 12 ]
head -n 1 exported/nightly/load_00.py | grep -qx '# Databricks notebook source'
databricks workspace import_dir exported /imported
databricks workspace export_dir /imported again
diff -r exported again
databricks workspace ls --absolute /imported/nightly | grep -qx /imported/nightly/load_00
databricks workspace export --format SOURCE /imported/nightly/load_00 one.py
cmp one.py exported/nightly/load_00.py
databricks workspace rm --recursive /imported
! databricks workspace ls /imported/nightly | grep -q load_00
databricks repos list | grep -q git.example.test
