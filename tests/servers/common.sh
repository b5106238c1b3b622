# shellcheck shell=bash
# Sourced by mariadb and postgres: throwaway servers on loopback, in a folder of their own, as an unprivileged user.

fail() {
  echo "error: $*" >&2
  exit 1
}

# Database servers refuse to be root, and should not be.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups -- "$@"
  else
    "$@"
  fi
}

# Not in the caller's process group: Ctrl-C goes to whoever started the server, who stops it in order.
# To be started with &: becomes the server, so that $! is the server's own pid.
run_server() {
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups -- setsid "$@"
  else
    exec setsid "$@"
  fi
}

# prepare_folder FOLDER: empty, and the server's own.
prepare_folder() {
  mkdir -p "$1"
  [ -z "$(ls -A "$1")" ] || fail "$1 is not empty"
  if [ "$(id -u)" = 0 ]; then chown nobody "$1"; fi
}

# A port on which nobody answers.  Another program may take it before the server does: starting then fails, and is tried again.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# wait_until_ready PID LOG CHECK…: polls for a minute at most.
wait_until_ready() {
  local pid=$1 log=$2 tries
  shift 2
  for ((tries = 0; tries < 600; ++tries)); do
    "$@" >/dev/null 2>&1 && return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$log" >&2
  return 1
}

# stop_server FOLDER SIGNAL: by pid, and waits until it is gone.
stop_server() {
  local pid tries
  [ -f "$1/pid" ] || return 0
  pid=$(cat "$1/pid")
  kill -s "$2" "$pid" 2>/dev/null || true
  for ((tries = 0; tries < 300; ++tries)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$1/pid" "$1/port"
}
