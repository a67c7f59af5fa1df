# Sourced by the scripts that drive a daemon with crictl, one case a line. Needs `work`, a directory whose jobpodd.log
# is the daemon's; `cri`, which runs crictl against it. Sets `output` to what the last case's command has printed.
passed=0
failed=0
registry=
port=

# within SECONDS COMMAND…: polls until it succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# cri_says PATTERN ARGUMENT…: crictl's output has the pattern in it.
cri_says() {
  local pattern=$1
  shift
  cri "$@" 2> /dev/null | grep -E -- "$pattern"
}

# check NAME PATTERN COMMAND…: one case. The command succeeds and its output has the pattern in it.
check() {
  local name=$1 pattern=$2 code
  shift 2
  output=$("$@" 2> "$work/stderr")
  code=$?
  if [ $code -eq 0 ] && grep -qE -- "$pattern" <<< "$output"; then
    passed=$((passed + 1))
    echo "ok    $name"
    return 0
  fi
  failed=$((failed + 1))
  {
    echo "FAIL  $name"
    echo "      command:  $*"
    echo "      expected: code 0 and /$pattern/"
    echo "      code:     $code"
    sed 's/^/      output:   /' <<< "$output" | head -n 30
    grep -v 'level=warning' "$work/stderr" | sed 's/^/      stderr:   /' | head -n 10
    tail -n 10 "$work/jobpodd.log" | sed 's/^/      jobpodd:  /'
  } >&2
  return 1
}

fails() { ! "$@" 2>&1; }

# refuse NAME PATTERN ARGUMENT…: one case. crictl fails, and says why.
refuse() {
  local name=$1 pattern=$2
  shift 2
  check "$name" "$pattern" fails cri "$@"
}

start_registry() {
  local attempt
  for attempt in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 20000))
    printf 'version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%d"}\n' \
      "$work/registry" "$port" > "$work/registry.yml"
    docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 &
    registry=$!
    within 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" && kill -0 "$registry" && return
  done
  echo "docker-registry did not start:" >&2
  cat "$work/registry.log" >&2
  exit 1
}

# close NAME: the counts, for people and for test/run; fails when a case has.
close() {
  echo "$1: $passed passed, $failed failed"
  [ -z "${JOBPOD_TEST_COUNTS:-}" ] || echo "$passed $failed 0" >> "$JOBPOD_TEST_COUNTS"
  [ "$failed" -eq 0 ]
}
