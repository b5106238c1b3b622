# shellcheck shell=bash disable=SC2154
# Sourced by the run of each benchmark: measuring, medians, and the table of results.  Every benchmark has this form:
# rows {work, peer, ours, theirs, ratio, reach, met}; ratio is ours / theirs, and reach is the most that it may be.

# measure LABEL COMMAND…: wall seconds, peak memory in KiB and how busy the machine was, one line a run in $work/LABEL.runs
measure() {
  local label=$1 before after
  shift
  before=$(machine_ticks)
  /usr/bin/time -f '%e %M' -o "$work/last.time" "$@" >"$work/last.out" 2>&1 || {
    tail -n 20 "$work/last.out" >&2
    fail "$label: $* failed"
  }
  after=$(machine_ticks)
  echo "$(cat "$work/last.time") $(busy_percent "$before" "$after")" >>"$work/$label.runs"
  printf '  %-28s %9s s\n' "$label" "$(cut -d' ' -f1 "$work/last.time")"
}

# Busy and all ticks of all processors, the servers' share included: a client alone says nothing about what limits it.
machine_ticks() { awk '/^cpu / { idle = $5 + $6; for (i = 2; i <= 9; ++i) all += $i; printf "%.0f %.0f\n", all - idle, all }' /proc/stat; }
busy_percent() { echo "$1 $2" | awk '{ d = $4 - $2; printf "%d", (d > 0 ? 100 * ($3 - $1) / d : 0) }'; }

# column LABEL N: the median over the runs
column() { cut -d' ' -f"$2" "$work/$1.runs" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
seconds_of() { column "$1" 1; }
memory_of() { cut -d' ' -f2 "$work/$1.runs" | sort -n | tail -n 1; }
median() { printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
smallest() { printf '%s\n' "$@" | sort -n | head -n 1; }

# Bytes in all files below a folder, or of one file.
bytes_in() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d\n", sum }'; }

# row WORK PEER OURS THEIRS REACH [LABEL]: with LABEL, a missed row also says how busy the machine was in our runs
row() {
  # A figure that is missing must not pass for a good one.
  [[ $3 =~ ^[0-9.]+$ && $4 =~ ^[0-9.]+$ ]] || fail "$1 against $2: '$3' and '$4' are not both numbers"
  awk -v work="$1" -v peer="$2" -v ours="$3" -v theirs="$4" -v reach="$5" 'BEGIN {
    ratio = theirs > 0 ? ours / theirs : 0
    printf "%s\t%s\t%s\t%s\t%.3f\t%s\t%s\n", work, peer, ours, theirs, ratio, reach, ratio <= reach + 0 ? "true" : "false"
  }' >>"$work/rows"
  if [ -n "${6:-}" ] && tail -n 1 "$work/rows" | grep -q 'false$'; then
    echo "  missed: $1 against $2; the machine was $(column "$6" 3) % busy in our runs" >>"$work/missed"
  fi
}

# limit WORK WHAT OURS MOST: an absolute bound, written as a row whose peer is the bound itself
limit() { row "$1" "$2" "$3" "$4" 1; }

# unmeasured WORK PEER WHY: a row without figures, which is said and is nothing that was reached
unmeasured() { echo "  not measured: $1 against $2: $3" >>"$work/unmeasured"; }

print_table() {
  echo
  awk -F'\t' 'BEGIN { printf "%-44s %-34s %12s %12s %8s %8s  %s\n", "work", "peer", "ours", "theirs", "ratio", "reach", "met" }
    { printf "%-44s %-34s %12s %12s %8s %8s  %s\n", $1, $2, $3, $4, $5, "<= " $6, $7 == "true" ? "yes" : "NO" }' "$work/rows"
  local notes
  for notes in missed unmeasured; do
    if [ -s "$work/$notes" ]; then
      echo
      cat "$work/$notes"
    fi
  done
}

# write_json FILE HEAD: HEAD are members of the document that say what was measured, '"benchmark":"sql"'
write_json() {
  mkdir -p "$(dirname "$1")"
  awk -F'\t' -v head="$2" '
    BEGIN { printf "{\"format_version\":1,%s,\"rows\":[", head }
    { printf "%s\n  {\"work\":\"%s\",\"peer\":\"%s\",\"ours\":%s,\"theirs\":%s,\"ratio\":%s,\"reach\":%s,\"met\":%s}", (NR > 1 ? "," : ""), $1, $2, $3, $4, $5, $6, $7 }
    END { print "\n]}" }' "$work/rows" >"$1"
}
