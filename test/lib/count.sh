# Sourced by test/run: stages with their time, and the count of passed, failed and skipped cases.
# Runners add to it through a file of lines "passed failed skipped", for a stage may be a subshell.

counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
export JOBPOD_TEST_COUNTS=$counts

add_counts() { echo "$1 $2 $3" >> "$counts"; }

# stage NAME COMMAND…: runs it with a heading and its time. A stage that fails without having counted a
# failure itself (the build, the packages) ends the run.
stage() {
  local name=$1 start=$EPOCHREALTIME before code
  shift
  before=$(failed)
  echo "== $name"
  ("$@") < /dev/null
  code=$?
  echo "== $name: $(seconds "$start") s"
  if [ $code -ne 0 ] && [ "$(failed)" = "$before" ]; then
    add_counts 0 1 0
    closing_line
  fi
}

failed() { awk '{ n += $2 } END { print n + 0 }' "$counts"; }

# The closing line, alone on its line; the run's exit code says whether anything failed.
closing_line() {
  awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s }' "$counts"
  [ "$(failed)" = 0 ]
  exit
}

# Every unit test program counts as one.
run_unit_tests() {
  local junit
  junit=$(mktemp)
  ctest --test-dir "$top/build/$1" --parallel "$(nproc)" --output-on-failure --no-label-summary --quiet \
    --output-log "$top/build/$1/unit.log" --output-junit "$junit"
  local code=$?
  [ $code -eq 0 ] || grep -v -E '^ *[0-9]+/[0-9]+ .*Passed|^Test project|^ +Start ' "$top/build/$1/unit.log"
  local total bad skipped
  total=$(attribute tests "$junit")
  bad=$(attribute failures "$junit")
  skipped=$(($(attribute skipped "$junit") + $(attribute disabled "$junit")))
  rm -f "$junit"
  add_counts $((total - bad - skipped)) "$bad" "$skipped"
  echo "$total programs, $bad failed"
  return $code
}

attribute() { sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1 | grep . || echo 0; }

# A program that adds its own counts. One that ends badly without having done so is one failure.
run_counted() {
  local before code
  before=$(wc -l < "$counts")
  "$@"
  code=$?
  if [ "$(wc -l < "$counts")" = "$before" ]; then
    echo "$(basename "$1") ended with $code before it could count its cases" >&2
    add_counts 0 1 0
    return 1
  fi
  return $code
}

# A Catch2 program with the listener of test/suite/listener.cpp.
run_catch() { run_counted "$@" --reporter compact; }

# A program that is one case.
run_program() {
  if "$@"; then add_counts 1 0 0; else
    add_counts 0 1 0
    return 1
  fi
}

# run_fuzzer TARGET SECONDS: the kept inputs first, then new ones.
run_fuzzer() {
  local target=$1 kept log
  kept=$top/test/fuzz/corpus/$(basename "$target")
  log=$(mktemp -d)
  mkdir -p "$log/corpus"
  [ ! -d "$kept" ] || cp -r "$kept/." "$log/corpus"
  if (cd "$log" && "$target" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -verbosity=0 corpus) \
    > "$log/output" 2>&1; then
    add_counts 1 0 0
    rm -rf "$log"
    return 0
  fi
  tail -n 40 "$log/output" >&2
  echo "the input that broke it is in $log" >&2
  add_counts 0 1 0
  return 1
}
