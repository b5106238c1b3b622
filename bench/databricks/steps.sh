# shellcheck shell=bash disable=SC2154
# Sourced by run: stand-ins, the peer's commands, and one function for each group of rows.

export HOLDFAST_KEY='benchmark passphrase'
stand_ins=()
token=dapibench

prepare() {
  # What a tool remembers lives and dies with the run; and nothing of the user's own configuration may reach the clients.
  local name
  for name in "${!DATABRICKS_@}"; do unset "$name"; done
  unset HTTP_PROXY HTTPS_PROXY http_proxy https_proxy
  clients=$("$root/tests/clients/environment") || clients=""
  # Built by the deep run of the tests; a benchmark does not wait for that.
  exporter=$("$root/tests/clients/exporter/program" --cached) || exporter=""
  export HOME=$work/home XDG_CACHE_HOME=$work/home/cache XDG_STATE_HOME=$work/home/state XDG_CONFIG_HOME=$work/home/config
  export HOLDFAST_CONFIG=$work/holdfast.toml HOLDFAST_QUIET=1 LC_ALL=C.UTF-8
  mkdir -p "$HOME"
  : >"$HOLDFAST_CONFIG"
  printf '%s' "$token" >"$work/token"
}

# stand_in NAME SETTING ARGUMENT…: starts one, and makes a connector of this name, with one more line of settings; its address is in `url`
stand_in() {
  local name=$1 setting=$2
  shift 2
  holdfast sim databricks --json --name "$name" --token "$token" "$@" >"$work/$name.answer" 2>"$work/$name.errors" &
  stand_ins+=($!)
  while ! grep -qs '^}' "$work/$name.answer"; do
    kill -0 "${stand_ins[-1]}" 2>/dev/null || { cat "$work/$name.errors" >&2; fail "the stand-in '$name' did not start"; }
    sleep 0.05
  done
  url=$(sed -n 's/.*"url": "\(.*\)".*/\1/p' "$work/$name.answer")
  printf '[connector.%s]\nplatform = "databricks"\nhost = "%s"\ntoken = { file = "%s" }\n%s\n' \
    "$name" "$url" "$work/token" "$setting" >>"$HOLDFAST_CONFIG"
}

# Each stand-in serves one function.
stop_all() {
  local one
  for one in "${stand_ins[@]}"; do kill -TERM "$one" 2>/dev/null && wait "$one" 2>/dev/null; done
  stand_ins=()
  : >"$HOLDFAST_CONFIG"
}

fresh_repository() {
  rm -rf "${work:?}/repository" "$work/home/state"
  export HOLDFAST_REPOSITORY=file://$work/repository
  holdfast init >/dev/null
}

# lead NAME URL: to what a connector leads from now on
lead() { sed -i "/^\[connector\.$1\]/,/^token/ s|^host = .*|host = \"$2\"|" "$HOLDFAST_CONFIG"; }

# vendor URL COMMAND…: the old command line drops the port of its host, and takes a proxy
vendor() {
  local proxy=$1
  shift
  printf '[DEFAULT]\nhost = http://bench.databricks.test\ntoken = %s\n' "$token" >"$work/databrickscfg"
  env HTTP_PROXY="$proxy" http_proxy="$proxy" DATABRICKS_CONFIG_FILE="$work/databrickscfg" PYTHONDONTWRITEBYTECODE=1 \
    "$clients/bin/databricks" "$@"
}
unlimited="ignore_rate_limits = true"

# The whole workspace, which is notebooks and what every workspace has; the peer exports nothing but the notebooks.
measure_against_vendor() {
  if [ -z "$clients" ]; then
    say "the vendor's old command line cannot be had here: no rows against it"
    return 0
  fi
  say "export and import, limits off, 50 ms"
  local run from to
  export -f vendor
  export work clients token
  for ((run = 1; run <= runs; ++run)); do
    stand_in "source$run" "$unlimited" --seed-workspace "notebooks=$notebooks" --latency 50ms
    from=$url
    fresh_repository
    measure export.ours holdfast backup "source$run"
    stand_in "target$run" "$unlimited" --seed-workspace empty --latency 50ms
    # In place: the workspace is there, and everything in it was lost.
    lead "source$run" "$url"
    measure import.ours holdfast restore latest --to "source$run" --select '/notebooks/**' --select '/folders/**' --yes
    rm -rf "$work/exported"
    measure export.vendor bash -c "vendor $from workspace export_dir / $work/exported"
    [ "$(find "$work/exported" -type f | wc -l)" = "$notebooks" ] || fail "the peer did not export $notebooks notebooks"
    stand_in "vendor$run" "$unlimited" --seed-workspace empty --latency 50ms
    to=$url
    measure import.vendor bash -c "vendor $to workspace import_dir $work/exported /"
    stop_all
  done
  row "export of $notebooks notebooks, limits off" "databricks-cli export_dir" "$(seconds_of export.ours)" \
    "$(seconds_of export.vendor)" 0.125 export.ours
  row "import of $notebooks notebooks, limits off" "databricks-cli import_dir" "$(seconds_of import.ours)" \
    "$(seconds_of import.vendor)" 0.25 import.ours
}

# export_by_terraform URL FOLDER: the kinds that the exporter knows and Holdfast restores, without its own limit of 15 requests a second
export_by_terraform() {
  DATABRICKS_HOST=$1 DATABRICKS_TOKEN=$token DATABRICKS_RATE_LIMIT=100000 "$exporter" exporter -skip-interactive -noformat \
    -importAllUsers -listing="$exported_services" -services="$exported_services" -directory="$2"
}

# Ours reads more: every kind, and what the exporter has no word for.
measure_against_exporter() {
  local work_named="export of a workspace of $notebooks notebooks, limits off"
  if [ -z "$exporter" ]; then
    unmeasured "$work_named" "Terraform exporter" "it is not in the cache"
    return 0
  fi
  say "export beside the Terraform provider's exporter, limits off, 50 ms"
  # shellcheck source=tests/clients/exporter/services.sh
  source "$root/tests/clients/exporter/services.sh"
  export -f export_by_terraform
  export exporter exported_services token
  local run
  for ((run = 1; run <= runs; ++run)); do
    stand_in "terraform$run" "$unlimited" --seed-workspace "notebooks=$notebooks" --latency 50ms
    fresh_repository
    measure exported.ours holdfast backup "terraform$run"
    rm -rf "$work/terraform"
    measure exported.terraform bash -c "export_by_terraform $url $work/terraform"
    [ "$(find "$work/terraform/notebooks" -type f | wc -l)" = "$notebooks" ] || fail "the exporter did not export $notebooks notebooks"
    stop_all
  done
  row "$work_named" "Terraform exporter" "$(seconds_of exported.ours)" "$(seconds_of exported.terraform)" 0.5 exported.ours
}

# asked FILE ROUTE: how often it was asked, of the stand-in's own log
asked() { grep -c "\"route\":\"$2\"" "$1" || true; }

measure_second_backup() {
  say "a second backup of what did not change, limits off, 50 ms"
  local run
  for ((run = 1; run <= runs; ++run)); do
    stand_in "again$run" "$unlimited" --seed-workspace "notebooks=$notebooks" --latency 50ms --log "$work/again.log"
    fresh_repository
    measure first.ours holdfast backup "again$run"
    : >"$work/again.log"
    measure second.ours holdfast backup "again$run"
    stop_all
  done
  row "backup after no change, limits off" "the first backup" "$(seconds_of second.ours)" "$(seconds_of first.ours)" 0.5 second.ours
  limit "exports asked after no change" "1" "$(asked "$work/again.log" 'GET /api/2.0/workspace/export')" 1
}

# Of the exports in a log: how many of those that the limit permits between the first and the last were not asked for, and how many
# were refused, both in per cent.  A second of the start, when what was saved up may be used, is left out.
use_of_exports() {
  python3 - "$1" "$2" <<'PYTHON'
import datetime, json, sys
log, per_second = sys.argv[1], float(sys.argv[2])
exports = [json.loads(line) for line in open(log) if '"GET /api/2.0/workspace/export"' in line]
at = [datetime.datetime.fromisoformat(one["at"]).timestamp() for one in exports]
refused = sum(one["status"] == 429 for one in exports)
good = [when for when, one in zip(at, exports) if one["status"] != 429 and when >= at[0] + 1]
used = (len(good) - 1) / (good[-1] - good[0]) / per_second if len(good) > 1 else 0
print("%.2f %.2f" % (max(0.0, 100 * (1 - used)), 100 * refused / len(exports)))
PYTHON
}

measure_limits() {
  say "the documented limits, share 1.0, 50 ms"
  local unused refused wall user system
  stand_in alone "rate_share_percent = 100" --seed-workspace "notebooks=$limited" --latency 50ms --rate-limits --log "$work/alone.log"
  fresh_repository
  /usr/bin/time -f '%e %U %S' -o "$work/alone.time" holdfast backup alone >/dev/null || fail "the backup at the limits failed"
  stop_all
  read -r unused refused < <(use_of_exports "$work/alone.log" 60)
  read -r wall user system <"$work/alone.time"
  say "  $limited notebooks in $wall s; $user s and $system s of processor time"
  limit "exports not used, of 60 a second, %" "5 %" "$unused" 5
  limit "exports refused, %" "1 %" "$refused" 1
  limit "processor time at the limits, % of a core" "10 %" \
    "$(awk -v w="$wall" -v u="$user" -v s="$system" 'BEGIN { printf "%.2f", 100 * (u + s) / w }')" 10
}

measure_beside_another() {
  say "beside a client that takes 60 % of the limit, share 0.5, 50 ms"
  local unused refused sent other foreign
  stand_in beside "rate_share_percent = 50" --seed-workspace "notebooks=$shared" --latency 50ms --rate-limits --log "$work/beside.log"
  fresh_repository
  python3 "$here/foreign.py" "$url" "$token" 36 "$work/foreign.stop" >"$work/foreign.out" &
  foreign=$!
  holdfast backup beside >/dev/null || fail "the backup beside another client failed"
  touch "$work/foreign.stop"
  wait "$foreign" || fail "the other client failed"
  rm "$work/foreign.stop"
  stop_all
  read -r sent other <"$work/foreign.out"
  read -r unused refused < <(use_of_exports "$work/beside.log" 60)
  say "  the other client asked $sent times; both together left $unused % of the limit; $refused % of all exports were refused"
  limit "exports of another client refused, %" "1 %" "$other" 1
}

measure_planning() {
  say "planning"
  local run
  for ((run = 1; run <= runs; ++run)); do
    hf_plan 45000 5000 >>"$work/plan.ours.runs"
    hf_plan 0 50000 >>"$work/jobs.ours.runs"
  done
  say "  of processor time: $(column plan.ours 2) s with 5,000 jobs, $(column jobs.ours 2) s with 50,000"
  limit "plan of 45,000 notebooks and 5,000 jobs" "1 s" "$(seconds_of plan.ours)" 1
  limit "plan of 50,000 jobs of four tasks" "1 s" "$(seconds_of jobs.ours)" 1
}

# Latency would only make it longer: what is held is bounded by how much may be under way.
measure_memory() {
  say "memory, $large"
  stand_in large "$unlimited" --seed-workspace "$large"
  fresh_repository
  measure large.first.ours holdfast backup large
  measure large.second.ours holdfast backup large
  stop_all
  limit "memory of a first backup" "256 MiB, in KiB" "$(memory_of large.first.ours)" 262144
  limit "memory of a second one" "256 MiB, in KiB" "$(memory_of large.second.ours)" 262144
}
