# Sourced by deploy/quickstart and test/run: packages, build, and saying what goes on. Needs `top`, the
# directory of the sources.

fail() {
  echo "$*" >&2
  exit 1
}

# seconds FROM: whole seconds since the time FROM ($EPOCHREALTIME).
seconds() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", b - a }'; }

# The packages of a section of deploy/packages.txt.
packages_of() { awk -v s="[$1]" '/^\[/ { on = $0 == s; next } on && /^[a-z]/' "$top/deploy/packages.txt"; }

# install_packages SECTION…: what is missing on this machine, with one `apt-get update`.
install_packages() {
  local section missing=()
  for section in "$@"; do
    local package
    for package in $(packages_of "$section"); do
      dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q ^ii || missing+=("$package")
    done
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    fail "These Debian 12 packages are missing and there is no apt-get to install them: ${missing[*]}"
  [ "$(id -u)" = 0 ] || fail "Missing packages; run as root: apt-get install ${missing[*]}"
  echo "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
    "${missing[@]}"; } > "$log" 2>&1 < /dev/null; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install the packages above."
  fi
  rm -f "$log"
}

# Compilers at once: one for each core, and 1.5 GB of memory for each.
build_jobs() {
  awk -v cores="$(nproc)" '/^MemAvailable:/ {
    jobs = int($2 / 1500000); if (jobs > cores) jobs = cores; print jobs < 1 ? 1 : jobs }' /proc/meminfo
}

# build_preset PRESET [TARGET…]: configures and builds into build/PRESET; on a terminal with a counter, else
# silent. The whole output is in build/PRESET/build.log; its errors are shown when it fails.
build_preset() {
  local preset=$1 log=$top/build/$1/build.log
  shift
  mkdir -p "$(dirname "$log")"
  local command=(cmake --build --preset "$preset" --parallel "$(build_jobs)")
  [ $# -eq 0 ] || command+=(--target "$@")
  if ! (cd "$top" && cmake --preset "$preset") > "$log" 2>&1 < /dev/null; then
    tail -n 40 "$log" >&2
    fail "cmake could not configure the preset '$preset'; the lines above say why."
  fi
  if [ -t 1 ]; then
    (cd "$top" && NINJA_STATUS='[%f/%t] ' "${command[@]}" < /dev/null 2>&1) | tee -a "$log" |
      awk '/^\[[0-9]+\/[0-9]+\]/ { printf "\r%s", $1; fflush() } END { printf "\r\033[K" }'
    [ "${PIPESTATUS[0]}" = 0 ] && return
  else
    (cd "$top" && "${command[@]}") >> "$log" 2>&1 < /dev/null && return
  fi
  grep -E -A 12 'FAILED:|error:|undefined reference' "$log" | head -n 60 >&2
  fail "The build failed; all of its output is in build/$preset/build.log."
}
