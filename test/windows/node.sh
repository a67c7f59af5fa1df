# Sourced: the Wine prefix as a Windows node. Needs `top`, the directory of the sources, and `build`, the build directory
# of the programs. JOBPOD_WINE_PREFIX names the prefix; JOBPOD_KEEP=1 keeps what programs have made there.
wine=$top/deploy/windows/wine

# A path of Linux as Windows programs write it; the root is drive Z:.
windows_path() { local path=Z:$1; echo "${path//\//\\}"; }

# Makes the prefix, with what a Windows node has and Wine lacks. Programs start on drive C:, as services do.
start_node() {
  export JOBPOD_WINE_PREFIX=${JOBPOD_WINE_PREFIX:-$build/wine}
  drive_c=$JOBPOD_WINE_PREFIX/drive_c
  "$wine" --version > /dev/null
  cp "$build/test/node/bcryptprimitives.dll" "$drive_c/windows/system32/"
  cd "$drive_c" || exit 1
}

# on_node PROGRAM ARGUMENT…: runs it there.
on_node() { "$wine" "$(windows_path "$1")" "${@:2}"; }

# on_node_to FILE PROGRAM ARGUMENT…: the same, its outputs in a file as they come.
on_node_to() { "$wine" --to "$1" "$(windows_path "$2")" "${@:3}"; }

# What windows_suite.exe and windows_bench.exe ask for in their environment; the images are made in the directory $1.
prepare_programs() {
  python3 "$top/test/windows/images.py" "$1" "$build/test/probe.exe"
  JOBPOD_BIN=$(windows_path "$build/bin")
  JOBPOD_TEST_IMAGES=$(windows_path "$1")
  JOBPOD_TEST_PROBE=$(windows_path "$build/test/probe.exe")
  export JOBPOD_BIN JOBPOD_TEST_IMAGES JOBPOD_TEST_PROBE
  [ -z "${JOBPOD_TEST_COUNTS:-}" ] || JOBPOD_TEST_COUNTS=$(windows_path "$JOBPOD_TEST_COUNTS")
  export JOBPOD_TEST_COUNTS
}

# The programs that run on the node now, one command line each, without Windows' own.
node_programs() {
  local file
  for file in /proc/[0-9]*/environ; do
    { tr '\0' '\n' < "$file"; } 2> /dev/null | grep -qxF "WINEPREFIX=$JOBPOD_WINE_PREFIX" || continue
    { tr '\0' ' ' < "${file%/environ}/cmdline"; } 2> /dev/null | grep -i '\.exe' | grep -viE '\\(system32|windows)\\'
    echo
  done | grep . || true  # most often there is none
}

# What outlives the programs under test.
tell_survivors() { node_programs | sed 's/^/still running: /' >&2; }

# Ends what runs there, too.
end_node() {
  [ -n "${drive_c:-}" ] || return 0
  cd /
  "$wine" --end
  [ -n "${JOBPOD_KEEP:-}" ] ||
    (cd "$drive_c" && rm -rf users/*/Temp/jobpod-test.* users/*/AppData/Local/Temp/jobpod-test.* hpc jobpod-*)
}
