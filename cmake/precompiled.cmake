# Headers of other people's libraries, parsed once: without this most of a build is spent on them. Only external
# headers stand here, so that a change of our own never makes everything stale.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU OR WIN32 OR JOBPOD_SANITIZE MATCHES thread)
  return()
endif()

# Named relatively, so that what ccache keeps of one checkout serves the next.
set(precompiled <cmake/precompiled.hpp>)
set(precompiled_wire <cmake/precompiled_wire.hpp>)

# jobpod_precompiled(NAME KIND LIBRARIES… HEADERS headers…): who compiles them. The compiler takes a precompiled
# header only from a compilation with the same kind of position-independent code, and programs' (KIND) differs
# from libraries'.
function(jobpod_precompiled name kind)
  cmake_parse_arguments(arg "" "" "LIBRARIES;HEADERS" ${ARGN})
  set(source ${CMAKE_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Only its precompiled header is of use.\n")
  add_library(${name} STATIC ${source})
  target_link_libraries(${name} PRIVATE absl::status absl::statusor absl::strings absl::synchronization fmt::fmt
    protobuf::libprotobuf-lite ${arg_LIBRARIES})
  target_compile_options(${name} PRIVATE -Wpedantic)  # decides about predefined macros
  if(kind STREQUAL program)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIE ${jobpod_test_options})
  endif()
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_precompile_headers(${name} PRIVATE ${precompiled} ${arg_HEADERS})
endfunction()
jobpod_precompiled(jobpod_precompiled_library library)
jobpod_precompiled(jobpod_precompiled_test program HEADERS <catch2/catch.hpp>)
jobpod_precompiled(jobpod_precompiled_wire library LIBRARIES jobpod_cri_proto HEADERS ${precompiled_wire})
jobpod_precompiled(jobpod_precompiled_wire_test program LIBRARIES jobpod_cri_proto
  HEADERS ${precompiled_wire} <catch2/catch.hpp>)

# jobpod_precompile(DIRECTORY): every library and test below it uses one of them, by what it links.
function(jobpod_precompile directory)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if(NOT type MATCHES "STATIC_LIBRARY|EXECUTABLE" OR NOT jobpod_warnings IN_LIST libraries)
      continue()
    endif()
    string(REGEX MATCH "jobpod_(cri|test_harness|admin|cli)" wire "${libraries}")
    if(type STREQUAL STATIC_LIBRARY)
      set(from jobpod_precompiled_library)
      if(wire)
        set(from jobpod_precompiled_wire)
      endif()
    elseif(jobpod_test_main IN_LIST libraries)
      set(from jobpod_precompiled_test)
      if(wire)
        set(from jobpod_precompiled_wire_test)
      endif()
    else()
      continue()
    endif()
    target_precompile_headers(${target} REUSE_FROM ${from})
    # gcc 12 forgets in a precompiled header which inlined code is the system's, and warns of what is not there.
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endforeach()
  get_property(below DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(directory ${below})
    jobpod_precompile(${directory})
  endforeach()
endfunction()
jobpod_precompile(${PROJECT_SOURCE_DIR})
