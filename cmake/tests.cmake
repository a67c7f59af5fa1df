enable_testing()
if(WIN32)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${PROJECT_SOURCE_DIR}/deploy/windows/wine)
endif()

# One compiled main for all Catch2 programs.
add_library(jobpod_test_main STATIC ${PROJECT_SOURCE_DIR}/test/catch_main.cpp)
target_include_directories(jobpod_test_main PUBLIC ${PROJECT_SOURCE_DIR})
if(WIN32)
  target_compile_definitions(jobpod_test_main PUBLIC CATCH_CONFIG_NO_POSIX_SIGNALS)
endif()

# Compiling them is most of a build, and running them is not what takes time: what tests say is not optimized, what
# they test is.
set(jobpod_test_options -O0)

# jobpod_unit_test(name LIBRARIES libs... SOURCES files...)
function(jobpod_unit_test name)
  cmake_parse_arguments(arg "" "" "LIBRARIES;SOURCES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} jobpod_test_main jobpod_warnings)
  target_compile_options(${name} PRIVATE ${jobpod_test_options})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()
