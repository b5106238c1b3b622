# shellcheck shell=bash
# Sourced by scripts that look at who fires: jobs of stand-ins, and what commands say of them, less what differs from run to run.
source "$ACCEPTANCE/stand_ins.sh"
declare -A pids=()
start() {
  start_stand_in "$@"
  pids[$1]=${stand_ins[-1]}
}
# It is killed, and does not come back.
lose() {
  kill -9 "${pids[$1]}"
  wait "${pids[$1]}" 2>/dev/null || true
}

job_named() { call "$1" "/api/2.1/jobs/list?name=$2" | sed -n 's/.*"job_id": *\([0-9]*\).*/\1/p'; }
schedule() { echo "\"schedule\": {\"quartz_cron_expression\": \"0 0 2 * * ?\", \"timezone_id\": \"UTC\", \"pause_status\": \"$1\"}"; }
make_job() {
  quietly call "$1" /api/2.1/jobs/create "{\"name\": \"$2\", \"tasks\": [{\"task_key\": \"a\", \"notebook_task\": {\"notebook_path\": \"/Shared/reports/daily\"}}], $(schedule UNPAUSED)}"
}
set_job() { quietly call "$1" /api/2.1/jobs/update "{\"job_id\": $(job_named "$1" "$2"), \"new_settings\": {$(schedule "$3")}}"; }
# Each job, and whether it fires.
jobs() {
  local name id
  for name in nightly hourly weekly; do
    id=$(job_named "$1" "$name")
    [ -n "$id" ] || continue
    echo "$(call "$1" "/api/2.1/jobs/get?job_id=$id" | grep -oE '(UN)?PAUSED') $name on $1"
  done
}
# What people read, less the plan's bookkeeping.
seen() {
  local code=0
  echo "\$ holdfast $*"
  holdfast "$@" >out 2>&1 || code=$?
  grep -vE '^(reading|restoring|comparing|[0-9,]+ calls?:|snapshot |manual| *by hand|      [a-z]|warning: to be done by hand|what shows no change|[0-9,]+ tasks? (is|are) open|warning: .*trying again)' out |
    grep -vE '^  (already|adopted|created|updated|failed|waiting|recreated|by hand|open tasks|snapshot|removed|conflicts) |^[0-9,]+ to create, ' |
    sed -E 's#(jobs/[a-z]+)/[0-9]+#\1/ID#; s/\(([0-9]+ to [^)]*)\)/(COUNTS)/; s/pid [0-9]+/pid PID/; s/snapshot [0-9a-f]{8}/snapshot ONE/' || true
  if [ "$code" != 0 ]; then echo "[exit $code]"; fi
  echo
}
# The same where chance decides which of several it hits.
masked() { seen "$@" | sed -E 's#jobs/[a-z]+/#jobs/ANY/#'; }
how_many_fire() { jobs "$1" | cut -d" " -f1 | sort | uniq -c | sed -E 's/^ +//' | tr '\n' ' '; echo "on $1"; }
hex_of() { printf %s "$1" | od -An -tx1 | tr -d ' \n'; }
status() { run sh -c "holdfast status | sed -E 's/ (now|[0-9]+ (min|h|d))( |\$)/ AGE\3/'" | grep -v 'open: holdfast tasks'; }

printf '[repository.main]\nurl = "file://%s/repository"\n' "$WORK" >holdfast.toml
