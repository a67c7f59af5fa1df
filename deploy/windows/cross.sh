# Sourced by build-stack: how a library is cross-built. Part of every library's key, as toolchain.cmake is: a
# change here builds everything anew.
# Set for the recipes: `source` and `build` (directories), `prefix` (what is installed there is kept), `upon`
# (the prefixes of what it is built upon, separated by semicolons), `jobs`.

launcher=$(command -v ccache || true)

cross_cmake() {
  cmake -S "$source" -B "$build" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" \
    -DJOBPOD_WINDOWS_STACK="$upon" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS_RELEASE="-O2 -DNDEBUG" -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DCMAKE_CXX_STANDARD=17 \
    -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF \
    ${launcher:+-DCMAKE_C_COMPILER_LAUNCHER=$launcher -DCMAKE_CXX_COMPILER_LAUNCHER=$launcher} "$@"
}

cross_build() { cmake --build "$build" -j "$jobs" "$@"; }

# Its headers, from a directory of the sources.
install_headers() { (cd "$1" && shift && find "$@" \( -name '*.h' -o -name '*.inc' \) -exec cp --parents {} "$prefix/include" \;); }
