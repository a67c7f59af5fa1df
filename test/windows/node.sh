# Sourced: the Wine prefix as a Windows node. Needs `wine`, the path of deploy/windows/wine.

# A path of Linux as Windows programs write it; the root is drive Z:.
windows_path() { local path=Z:$1; echo "${path//\//\\}"; }

# The directory that is the node's drive C:.
drive_c() { echo "${JOBPOD_WINE_PREFIX:?}/drive_c"; }

# Makes the prefix. Programs start on drive C:, as services do, with no more of this shell's variables than Windows has.
start_node() {
  : "${JOBPOD_WINE_PREFIX:=$build/wine}"
  export JOBPOD_WINE_PREFIX
  "$wine" --version > /dev/null
  cd "$(drive_c)"
}

# What runs on the node now, one command line each, without Wine's own services.
node_programs() {
  local file
  for file in /proc/[0-9]*/environ; do
    { tr '\0' '\n' < "$file"; } 2> /dev/null | grep -qxF "WINEPREFIX=$JOBPOD_WINE_PREFIX" || continue
    { tr '\0' ' ' < "${file%/environ}/cmdline"; } 2> /dev/null | grep -i '\.exe' | grep -viE '\\(system32|windows)\\' || true
  done
}

# Nothing of the programs under test outlives them: what does is told, and ends with the node.
end_node() {
  cd /
  node_programs | sed 's/^/still running: /' >&2
  [ -n "${JOBPOD_KEEP:-}" ] || rm -rf "$(drive_c)"/users/*/Temp/jobpod-test.* "$(drive_c)"/hpc
  "$wine" --end
}
