# shellcheck shell=bash
# Sourced by ./dev and the tools: what is needed, how it is installed, how a preset is built.
# Nothing here enables a service, makes a database cluster or changes a file of the system's configuration.

fail() {
  echo "error: $*" >&2
  exit 1
}

say() { printf '%s\n' "$*"; }

# packages_of GROUP
packages_of() {
  case $1 in
    build)
      echo g++ cmake ninja-build ccache mold pkg-config libfmt-dev libsodium-dev libssl-dev libzstd-dev libxxhash-dev \
        libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libmariadb-dev libpq-dev \
        libcurl4-openssl-dev libcpp-httplib-dev libhowardhinnant-date-dev libgtest-dev libgmock-dev librapidcheck-dev
      ;;
    # mariadb-server-core and postgresql-client-15 bring programs only: no unit, no user, no data.
    servers) echo mariadb-server-core mariadb-client-core postgresql-client-15 openssl util-linux procps ;;
    # What compiles with the sanitizers, which takes g++ half as long again, and makes the fuzzers.
    sanitizers) echo clang-14 libclang-rt-14-dev ;;
    # locales: the definitions from which one test makes a locale in its own folder; none is made on the machine.
    # What ours is held against: other programs, and what the independent reader of tests/golden/reader needs.
    peers)
      echo mariadb-client mydumper restic borgbackup zstd time \
        python3-cryptography python3-zstandard python3-argon2 libxxhash0 locales
      ;;
    # What the vendor's own clients run in, and what measures them.
    clients) echo python3 python3.11-venv time ;;
    lint) echo clang-format-14 clang-tidy-19 shellcheck ;;
    *) fail "there is no group of packages '$1'" ;;
  esac
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root and there is no sudo; run as root: $*"
  fi
}

# What dpkg cannot know it lacks is listed first, so that nothing is installed unannounced.
apt_install() {
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing by apt: ${missing[*]}"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0)
  if ! as_root "${install[@]}" "${missing[@]}" >"$setup_log" 2>&1; then
    # The usual reason is that the lists of packages are old or were never fetched.
    as_root apt-get update -q >>"$setup_log" 2>&1 || true
    as_root "${install[@]}" "${missing[@]}" >>"$setup_log" 2>&1 || {
      tail -n 20 "$setup_log" >&2
      fail "apt could not install: ${missing[*]}"
    }
  fi
}

# Where programs live that were unpacked, not installed.  A server started for root runs as nobody, who cannot look into /root.
unpacked_folder() {
  if [ "$(id -u)" = 0 ]; then
    echo /var/cache/holdfast-dev
  else
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/holdfast-dev"
  fi
}

# The package postgresql-15 enables a unit and makes and starts a cluster when it is installed.  So it is not installed: its
# files are unpacked beside the system, where they find one another by relative paths.  One that is there already is used.
provide_postgres() {
  [ -x /usr/lib/postgresql/15/bin/postgres ] && return 0
  local folder
  folder=$(unpacked_folder)/postgresql-15
  if [ ! -x "$folder/usr/lib/postgresql/15/bin/postgres" ]; then
    say "unpacking the PostgreSQL 15 server into $folder (not installed: its package would start a service)"
    local work
    work=$(mktemp -d)
    (cd "$work" && { apt-get download -q postgresql-15 || { as_root apt-get update -q && apt-get download -q postgresql-15; }; }) \
      >"$setup_log" 2>&1 || fail "apt could not download postgresql-15 (see $setup_log)"
    local package libraries
    package=$(echo "$work"/postgresql-15_*.deb)
    libraries=$(dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/|.*//; s/(.*//; s/ //g' |
      grep -vxE 'locales|locales-all|postgresql-.*|ssl-cert|debconf.*')
    # shellcheck disable=SC2086
    apt_install $libraries
    mkdir -p "$folder.new" && chmod 755 "$(unpacked_folder)"
    dpkg-deb -x "$package" "$folder.new"
    rm -rf "$folder" "$work" && mv "$folder.new" "$folder"
  fi
  export PATH="$folder/usr/lib/postgresql/15/bin:$PATH"
}

# install_packages GROUP…
install_packages() {
  [ -r /etc/debian_version ] || fail "./dev sets up Debian 12 only; elsewhere install what README.md lists and use cmake --preset"
  local group
  for group in "$@"; do
    # shellcheck disable=SC2046
    apt_install $(packages_of "$group")
    if [ "$group" = servers ]; then provide_postgres; fi
  done
}

# build_preset PRESET [TARGET…]
build_preset() {
  local preset=$1
  shift
  local targets=() target
  for target in "$@"; do targets+=(--target "$target"); done
  cmake --preset "$preset" >"$setup_log" 2>&1 || {
    tail -n 30 "$setup_log" >&2
    fail "cmake --preset $preset failed"
  }
  # Ninja prints what failed; what went well is not worth a line each.
  cmake --build --preset "$preset" "${targets[@]}" -- --quiet
}

# Paths below the checkout are hashed relative to it, so that every clone on a machine shares what was compiled.
export CCACHE_BASEDIR=${root:?is set by whoever sources this} CCACHE_NOHASHDIR=1

setup_log=${TMPDIR:-/tmp}/holdfast-setup-$(id -u).log
