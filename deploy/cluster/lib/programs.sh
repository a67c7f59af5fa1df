# Sourced by deploy/cluster/up and down: programs in the background, known by process id and start time. Needs
# `dir`, the directory of the cluster.

# start NAME COMMAND…: unless it runs already. Its output is in DIR/logs/NAME.log.
start() {
  local name=$1
  shift
  ! running "$name" || return 0
  setsid "$@" < /dev/null >> "$dir/logs/$name.log" 2>&1 &
  echo "$! $(start_time $!)" > "$dir/run/$name.pid"
}

# start_time PID: empty when the process has ended, a zombie's too. An id alone may be another process by now.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2> /dev/null | awk '$1 != "Z" { print $20 }'; }

running() {
  local pid time
  read -r pid time 2> /dev/null < "$dir/run/$1.pid" && [ -n "$time" ] && [ "$(start_time "$pid")" = "$time" ]
}

# stop NAME: asks it to end, and after 20 seconds ends it.
stop() {
  local pid signal
  for signal in TERM KILL; do
    running "$1" || break
    read -r pid _ < "$dir/run/$1.pid"
    kill -"$signal" "$pid" 2> /dev/null
    local tries
    for ((tries = 0; tries < 200; ++tries)); do
      running "$1" || break
      sleep 0.1
    done
  done
  rm -f "$dir/run/$1.pid"
}

# wait_for NAME SECONDS COMMAND…: until the command succeeds, while the program NAME runs.
wait_for() {
  local name=$1 limit=$2 log=$dir/logs/$1.log end
  end=$((SECONDS + limit))
  shift 2
  until "$@" > /dev/null 2>&1; do
    if ! running "$name"; then
      tail -n 15 "$log" >&2
      fail "$name has ended; the last lines of $log are above."
    elif [ $SECONDS -ge $end ]; then
      tail -n 15 "$log" >&2
      fail "$name runs, but after $limit s this still fails: $*. The last lines of $log are above."
    fi
    sleep 0.1
  done
}
