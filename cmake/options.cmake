set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# RelWithDebInfo is what ships: -O2, with line tables only so that builds stay small.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

set(JOBPOD_SANITIZE "" CACHE STRING "Value for -fsanitize, for instance address,undefined")
if(JOBPOD_SANITIZE)
  add_compile_options(-fsanitize=${JOBPOD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${JOBPOD_SANITIZE})
  if(JOBPOD_SANITIZE MATCHES thread)
    # The thread sanitizer does not understand fences. Each of our event loops runs on one thread.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Paths are hashed relative to the checkout, so that a second clone finds what the first one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

if(WIN32)
  set(JOBPOD_OS windows)
else()
  set(JOBPOD_OS linux)
endif()

# Our own code is compiled with every warning as an error; generated code is not.
add_library(jobpod_warnings INTERFACE)
target_compile_options(jobpod_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -Wno-missing-field-initializers -Werror)
# gcc 12 sees overlapping copies in std::string's operator+ where there are none (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(jobpod_warnings INTERFACE -Wno-restrict)
endif()
target_include_directories(jobpod_warnings INTERFACE ${PROJECT_SOURCE_DIR})
