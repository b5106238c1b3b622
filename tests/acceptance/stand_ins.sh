# shellcheck shell=bash
# Sourced by scripts that need workspaces: stand-ins of them, and calls as somebody else would make them.
command -v curl >/dev/null || skip "there is no curl"
stand_ins=()
trap 'kill "${stand_ins[@]}" 2>/dev/null' EXIT

# start_stand_in NAME [OPTION…]: its address is in NAME.url, and NAME is a connector of holdfast.toml, with what
# $connector_settings, and a function settings_of NAME where there is one, say beside the rest.
start_stand_in() {
  local name=$1
  shift
  : >"$name.json"
  holdfast sim databricks --json --name "$name" --token "token-of-$name" "$@" >"$name.json" 2>"$name.errors" &
  stand_ins+=($!)
  for _ in $(seq 400); do
    grep -qs '^}' "$name.json" && break  # it may not be there yet
    kill -0 $! 2>/dev/null || { cat "$name.errors"; exit 1; }
    sleep 0.05
  done
  sed -n 's/.*"url": "\(.*\)".*/\1/p' "$name.json" >"$name.url"
  cat >>holdfast.toml <<TOML

[connector.$name]
platform = "databricks"
host = "$(cat "$name.url")"
token = { env = "TOKEN_OF_$name" }
rate_share_percent = 100
${connector_settings:-}
$(if declare -F settings_of >/dev/null; then settings_of "$name"; fi)
TOML
  export "TOKEN_OF_$name=token-of-$name"
}

# call NAME PATH [BODY]
call() {
  curl --silent --show-error --fail --header "Authorization: Bearer token-of-$1" ${3+--data "$3"} "$(cat "$1.url")$2"
}
