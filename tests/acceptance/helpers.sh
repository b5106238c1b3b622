# shellcheck shell=bash
# Sourced before a case's script, in a folder of its own.

export HOLDFAST_KEY="correct horse battery staple"

# run COMMAND…: what a user types, what she sees, and the exit code where it is not 0.
run() {
  local code=0 word shown='$'
  for word in "$@"; do
    case $word in
      *[\ \'\*\(\)\;\&\?]*) shown+=" '$word'" ;;
      *) shown+=" $word" ;;
    esac
  done
  echo "$shown"
  "$@" 2>&1 || code=$?
  if [ "$code" != 0 ]; then echo "[exit $code]"; fi
  echo
}

say() { printf '# %s\n' "$*"; }

# start_server KIND NAME [OPTION…]: its port is in $WORK/servers/NAME/port.
start_server() {
  local kind=$1 folder="$WORK/servers/$2"
  shift 2
  "$ACCEPTANCE/../servers/$kind" start "$folder" "$@" >/dev/null
  echo "$kind" >"$folder/kind"
}

port_of() { cat "$WORK/servers/$1/port"; }

# sql NAME DATABASE STATEMENTS
sql() {
  local folder="$WORK/servers/$1"
  if [ "$(cat "$folder/kind")" = mariadb ]; then
    "$ACCEPTANCE/../servers/mariadb" sql "$folder" --batch --skip-column-names --default-character-set=utf8mb4 "$2" -e "$3"
  else
    "$ACCEPTANCE/../servers/postgres" sql "$folder" -q -A -t -v ON_ERROR_STOP=1 -d "$2" -c "$3"
  fi
}

# DataHub's table in MariaDB, with a small catalogue in it.
load_catalog() {
  sql "$1" mysql "create database datahub character set utf8mb4 collate utf8mb4_bin"
  sql "$1" datahub "$(cat "$ACCEPTANCE/fixtures/catalog.sql")" >/dev/null
}

# The main case: a MariaDB "catalog" and a configuration that names it.
set_up() {
  start_server mariadb catalog --log-bin=binlog --server-id=1
  load_catalog catalog
  cat >holdfast.toml <<TOML
[repository.main]
url = "file://$WORK/repository"

[connector.catalog]
platform = "datahub"
sql = { url = "mysql://root@127.0.0.1:$(port_of catalog)/datahub" }
readers = 2
TOML
}

quietly() { "$@" >/dev/null 2>&1 || { echo "failed: $*"; "$@"; exit 1; }; }

# skip WHY: this machine cannot run the case; ctest shows it as skipped.
skip() {
  echo "skipped: $*" >&2
  exit 77
}
