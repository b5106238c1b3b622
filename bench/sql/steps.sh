# shellcheck shell=bash disable=SC2154
# Sourced by run: the servers, the peers' commands, and one function for each group of rows.

export HOLDFAST_KEY='benchmark passphrase' RESTIC_PASSWORD=benchmark BORG_PASSPHRASE=benchmark
export BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes

start_servers() {
  mariadb_port=$("$root/tests/servers/mariadb" start "$work/mariadb" --innodb-buffer-pool-size=1G --max-allowed-packet=64M \
    --innodb-flush-log-at-trx-commit=1 --innodb-log-file-size=256M)
  postgres_port=$("$root/tests/servers/postgres" start "$work/postgres" shared_buffers=512MB max_wal_size=4GB)
  mysql_url=mysql://root@127.0.0.1:$mariadb_port
  postgres_url=postgresql://postgres@127.0.0.1:$postgres_port
  mysql_client=(--no-defaults -h127.0.0.1 -P"$mariadb_port" -uroot)
  export PGHOST=127.0.0.1 PGPORT=$postgres_port PGUSER=postgres
  # What a tool remembers lives and dies with the run.
  export HOME=$work/home XDG_CACHE_HOME=$work/home/cache XDG_STATE_HOME=$work/home/state XDG_CONFIG_HOME=$work/home/config
  mkdir -p "$HOME"
  fresh_mysql datahub
  fresh_postgres datahub
  cat >"$work/holdfast.toml" <<TOML
[connector.mysql]
platform = "datahub"
sql = { url = "$mysql_url/datahub" }
[connector.mysql-target]
platform = "datahub"
scratch = true
sql = { url = "$mysql_url/target" }
[connector.postgres]
platform = "datahub"
sql = { url = "$postgres_url/datahub" }
[connector.postgres-target]
platform = "datahub"
scratch = true
sql = { url = "$postgres_url/target" }
TOML
  export HOLDFAST_CONFIG=$work/holdfast.toml HOLDFAST_READERS=$readers HOLDFAST_QUIET=1
}

fresh_mysql() {
  mariadb "${mysql_client[@]}" -e "DROP DATABASE IF EXISTS $1; CREATE DATABASE $1 CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
}
fresh_postgres() { PGOPTIONS='-c client_min_messages=warning' psql -Xqc "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1"; }

large=0
load_servers() {
  if [ "$scale" = memory ]; then large=400; fi
  hf_load --url "$mysql_url/datahub" --rows "$rows" --large "$large"
  if [ "$scale" != memory ]; then hf_load --url "$postgres_url/datahub" --rows "$rows"; fi
}

# A pipeline as one command that can be measured; a failure anywhere in it is one of all of it.
piped=(bash -o pipefail -c)

use_repository() { export HOLDFAST_REPOSITORY=file://$work/$1; }
fresh_repository() {
  rm -rf "${work:?}/$1" "$work/home/state"
  use_repository "$1"
  holdfast init >/dev/null
}

dump_mysql="mariadb-dump --no-defaults -h127.0.0.1 -uroot --single-transaction"
measure_first_backup_mysql() {
  say "backup, first (MariaDB)"
  dump_mysql="$dump_mysql -P$mariadb_port datahub"
  local run
  for ((run = 1; run <= runs; ++run)); do
    rm -rf "$work"/{mydumper,restic,borg,borg3}
    mkdir "$work/mydumper"
    restic init -q -r "$work/restic" >/dev/null
    borg init -e repokey "$work/borg" 2>/dev/null
    borg init -e repokey "$work/borg3" 2>/dev/null
    fresh_repository mysql.repository
    measure mysql.ours holdfast backup mysql
    measure mysql.raw hf_raw_read --url "$mysql_url/datahub" --connections "$readers"
    awk '/^best/ { print $2, 0, 0 }' "$work/last.out" >>"$work/mysql.best.runs"
    measure mysql.zstd "${piped[@]}" "$dump_mysql | zstd -q -3 -f -o $work/dump.sql.zst"
    measure mysql.mydumper mydumper -h 127.0.0.1 -P "$mariadb_port" -u root -c -B datahub -o "$work/mydumper"
    measure mysql.restic "${piped[@]}" "$dump_mysql | restic -q -r $work/restic backup --stdin --stdin-filename dump.sql"
    measure mysql.borg "${piped[@]}" "$dump_mysql | borg create $work/borg::first$run -"
    measure mysql.borg3 "${piped[@]}" "$dump_mysql | borg create -C zstd,3 $work/borg3::first$run -"
  done
  local peer ours stored
  ours=$(seconds_of mysql.ours)
  row "backup, first (MariaDB)" "mysqldump | zstd -3" "$ours" "$(seconds_of mysql.zstd)" 1 mysql.ours
  row "backup, first (MariaDB)" "mydumper -c" "$ours" "$(seconds_of mysql.mydumper)" 1 mysql.ours
  for peer in restic borg; do
    row "backup, first (MariaDB)" "mysqldump | $peer" "$ours" "$(seconds_of mysql.$peer)" 1 mysql.ours
  done
  row "backup, first (MariaDB)" "mysqldump | borg -C zstd,3" "$ours" "$(seconds_of mysql.borg3)" 1 mysql.ours
  row "backup, first (MariaDB)" "raw read" "$ours" "$(seconds_of mysql.best)" 1.4 mysql.ours
  stored=$(bytes_in "$work/mysql.repository")
  row "stored bytes (MariaDB)" "smallest at zstd -3" "$stored" "$(smallest "$(bytes_in "$work/dump.sql.zst")" "$(bytes_in "$work/borg3")")" 1 mysql.ours
  row "stored bytes (MariaDB)" "smallest at defaults" "$stored" \
    "$(smallest "$(bytes_in "$work/mydumper")" "$(bytes_in "$work/restic")" "$(bytes_in "$work/borg")")" 1.05 mysql.ours
}

measure_first_backup_postgres() {
  say "backup, first (PostgreSQL)"
  local run
  for ((run = 1; run <= runs; ++run)); do
    rm -rf "$work"/pg.{fc,fd}
    fresh_repository postgres.repository
    measure postgres.ours holdfast backup postgres
    measure postgres.raw hf_raw_read --url "$postgres_url/datahub" --connections "$readers"
    awk '/^best/ { print $2, 0, 0 }' "$work/last.out" >>"$work/postgres.best.runs"
    measure postgres.fc pg_dump -Fc -f "$work/pg.fc" datahub
    measure postgres.fd pg_dump -Fd -j2 -f "$work/pg.fd" datahub
    measure postgres.zstd "${piped[@]}" "pg_dump datahub | zstd -q -3 -f -o $work/pg.sql.zst"
  done
  local ours stored
  ours=$(seconds_of postgres.ours)
  row "backup, first (PostgreSQL)" "pg_dump -Fc" "$ours" "$(seconds_of postgres.fc)" 1 postgres.ours
  row "backup, first (PostgreSQL)" "pg_dump -Fd -j2" "$ours" "$(seconds_of postgres.fd)" 1 postgres.ours
  row "backup, first (PostgreSQL)" "pg_dump | zstd -3" "$ours" "$(seconds_of postgres.zstd)" 1 postgres.ours
  row "backup, first (PostgreSQL)" "raw read" "$ours" "$(seconds_of postgres.best)" 1.4 postgres.ours
  stored=$(bytes_in "$work/postgres.repository")
  row "stored bytes (PostgreSQL)" "pg_dump | zstd -3" "$stored" "$(bytes_in "$work/pg.sql.zst")" 1 postgres.ours
  row "stored bytes (PostgreSQL)" "smallest at defaults" "$stored" "$(smallest "$(bytes_in "$work/pg.fc")" "$(bytes_in "$work/pg.fd")")" 1.05 postgres.ours
}

changes=()  # everything that happened to the table so far, as arguments of hf_load
zstd_of_changed=0
# change KIND FRACTION SEED: writes it to MariaDB, and says in zstd_of_changed what a compressor makes of those rows alone
change() {
  changes+=(--change "$1:$2:$3")
  hf_load --url "$mysql_url/datahub" --rows "$rows" "${changes[@]}" --mutate >/dev/null
  zstd_of_changed=$(hf_load --rows "$rows" "${changes[@]}" --print | zstd -q -3 | wc -c)
}

# backup_and_weigh LABEL FOLDER COMMAND…: measures, and says in `added` by how much the folder grew
added=0
backup_and_weigh() {
  local label=$1 folder=$2 before
  shift 2
  before=$(bytes_in "$work/$folder")
  measure "$label" "$@"
  added=$(($(bytes_in "$work/$folder") - before))
  echo "$added 0 0" >>"$work/$label.added.runs"
}

backup_by_all() {
  local name=$1 run=$2
  use_repository mysql.repository
  backup_and_weigh "$name.ours" mysql.repository holdfast backup mysql
  backup_and_weigh "$name.restic" restic "${piped[@]}" "$dump_mysql | restic -q -r $work/restic backup --stdin --stdin-filename dump.sql"
  backup_and_weigh "$name.borg" borg "${piped[@]}" "$dump_mysql | borg create $work/borg::$name$run -"
}

measure_changes() {
  say "backup after 1 % changed, and after no change"
  local run peer alone=()
  for ((run = 1; run <= runs; ++run)); do
    change content 0.01 "$run"
    alone+=("$zstd_of_changed")
    backup_by_all changed "$run"
    backup_by_all unchanged "$run"
  done
  for peer in restic borg; do
    row "backup after 1 % changed" "mysqldump | $peer" "$(seconds_of changed.ours)" "$(seconds_of changed.$peer)" 0.333 changed.ours
    row "bytes added by 1 % changed" "$peer" "$(seconds_of changed.ours.added)" "$(seconds_of changed.$peer.added)" 0.1 changed.ours
    row "backup after no change" "mysqldump | $peer" "$(seconds_of unchanged.ours)" "$(seconds_of unchanged.$peer)" 0.333 unchanged.ours
  done
  row "bytes added by 1 % changed" "zstd -3 of those rows alone" "$(seconds_of changed.ours.added)" "$(median "${alone[@]}")" 4 changed.ours
  limit "bytes added by no change" "64 KiB" "$(seconds_of unchanged.ours.added)" 65536
  say "backup after a re-ingestion of 30 %"
  change reingest 0.3 1000
  use_repository mysql.repository
  backup_and_weigh reingested.ours mysql.repository holdfast backup mysql
  row "bytes added by a re-ingestion of 30 %" "zstd -3 of those rows alone" "$added" "$zstd_of_changed" 0.333 reingested.ours
}

measure_snapshots() {
  say "$snapshots snapshots in a row, 1 % changed each"
  local i ours=0 compressed=0
  for ((i = 1; i <= snapshots; ++i)); do
    change content 0.01 $((2000 + i))
    compressed=$((compressed + zstd_of_changed))
    backup_and_weigh row.ours mysql.repository holdfast backup mysql
    ours=$((ours + added))
  done
  row "bytes added by $snapshots snapshots" "zstd -3 of all changed rows" "$ours" "$compressed" 6 row.ours
}

# read_cost KIND REFERENCE…: the middle of five new processes, in `cost`
cost=""
read_cost() {
  local i
  : >"$work/costs"
  for i in 1 2 3 4 5; do hf_reads "$@" >>"$work/costs" || fail "hf_reads $* failed"; done
  cost=$(sort -n "$work/costs" | sed -n 3p)
}

measure_reads() {
  say "diff and show"
  change content 0.001 9000
  backup_and_weigh tiny.ours mysql.repository holdfast backup mysql
  local wall cpu gets lists bytes found path
  read_cost diff "$work/mysql.repository" latest~1 latest
  read -r wall cpu gets lists bytes found <<<"$cost"
  limit "diff, 0.1 % changed, after $snapshots snapshots" "0.3 s" "$wall" 0.3
  say "  it found $found rows by $gets reads of $bytes bytes"
  read_cost fields "$work/mysql.repository" latest~1 latest
  read -r wall cpu gets lists bytes found <<<"$cost"
  limit "diff --fields, 0.1 % changed, after $snapshots snapshots" "0.3 s" "$wall" 0.3
  say "  it found $found rows by $gets reads of $bytes bytes"
  measure diff.ours holdfast diff latest~1 latest
  measure fields.ours holdfast diff --fields latest~1 latest
  say "  a repository of $many snapshots"
  path=$(hf_reads grow "$work/many" "$many" 2000)
  read_cost show "$work/many" "latest:$path"
  read -r wall cpu gets lists bytes found <<<"$cost"
  limit "show, $many snapshots: process time" "0.020 s" "$cpu" 0.020
  limit "show, $many snapshots: ranged reads" "8" "$gets" 8
  say "  it took $wall s and $lists listings"
  measure check.ours holdfast check --read-data
}

measure_restore_mysql() {
  say "restore into an empty database (MariaDB)"
  local run
  # The peers bring back what they dumped first, we the newest snapshot: the same number of rows.
  use_repository mysql.repository
  for ((run = 1; run <= runs; ++run)); do
    fresh_mysql target
    measure restore.mysql.ours holdfast restore latest --to mysql-target --yes
    fresh_mysql target
    measure restore.mysql.client "${piped[@]}" "zstd -dcq $work/dump.sql.zst | mariadb ${mysql_client[*]} target"
    fresh_mysql target
    measure restore.mysql.myloader myloader -h 127.0.0.1 -P "$mariadb_port" -u root -B target -o -d "$work/mydumper"
  done
  row "restore (MariaDB)" "mysql <" "$(seconds_of restore.mysql.ours)" "$(seconds_of restore.mysql.client)" 1 restore.mysql.ours
  row "restore (MariaDB)" "myloader" "$(seconds_of restore.mysql.ours)" "$(seconds_of restore.mysql.myloader)" 1 restore.mysql.ours
}

measure_restore_postgres() {
  say "restore into an empty database (PostgreSQL)"
  local run
  use_repository postgres.repository
  for ((run = 1; run <= runs; ++run)); do
    fresh_postgres target
    measure restore.postgres.ours holdfast restore latest --to postgres-target --yes
    fresh_postgres target
    measure restore.postgres.fc pg_restore -j2 -d target "$work/pg.fc"
    fresh_postgres target
    measure restore.postgres.fd pg_restore -j2 -d target "$work/pg.fd"
  done
  row "restore (PostgreSQL)" "pg_restore -j2 (-Fc)" "$(seconds_of restore.postgres.ours)" "$(seconds_of restore.postgres.fc)" 1 restore.postgres.ours
  row "restore (PostgreSQL)" "pg_restore -j2 (-Fd)" "$(seconds_of restore.postgres.ours)" "$(seconds_of restore.postgres.fd)" 1 restore.postgres.ours
}

# The bound of memory alone: what a table of 20 million rows with values up to 16 MB does to each verb.
measure_memory() {
  fresh_repository mysql.repository
  measure mysql.ours holdfast backup mysql
  hf_load --url "$mysql_url/datahub" --rows "$rows" --change content:0.01:1 --mutate
  measure changed.ours holdfast backup mysql
  measure diff.ours holdfast diff latest~1 latest
  measure check.ours holdfast check --read-data
  fresh_mysql target
  measure restore.mysql.ours holdfast restore latest --to mysql-target --yes
}

ours_memory() {
  local file most=0 one
  for file in "$work"/*.ours.runs; do
    one=$(memory_of "$(basename "$file" .runs)")
    if [ "$one" -gt "$most" ]; then most=$one; fi
  done
  echo "$most"
}
