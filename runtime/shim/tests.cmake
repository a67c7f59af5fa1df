# Shims for real, with a program that does as it is told in them.
add_executable(shim_test_program shim_test_program.cpp shim_test_program_${JOBPOD_OS}.cpp)
target_link_libraries(shim_test_program PRIVATE jobpod_warnings)
target_include_directories(shim_test_program PRIVATE ${PROJECT_SOURCE_DIR})
set_target_properties(shim_test_program PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)

set(sanitized 0)
if(JOBPOD_SANITIZE)
  set(sanitized 1)
endif()
jobpod_unit_test(shim_test LIBRARIES jobpod_shim_client jobpod_jobs
  SOURCES shim_test.cpp shim_exec_test.cpp shim_stream_test.cpp shim_attach_test.cpp shim_failure_test.cpp
    shim_test_support.cpp shim_test_host_${JOBPOD_OS}.cpp)
if(WIN32)
  target_sources(shim_test PRIVATE shim_windows_test.cpp container_windows_test.cpp)
  target_link_libraries(shim_test PRIVATE jobpod_shim_server)
else()
  target_sources(shim_test PRIVATE shim_linux_test.cpp shim_process_test.cpp)
  target_link_libraries(shim_test PRIVATE jobpod_child)
endif()
target_compile_definitions(shim_test PRIVATE JOBPOD_SHIM_PATH="$<TARGET_FILE:jobpod-shim>"
  SHIM_TEST_PROGRAM="$<TARGET_FILE:shim_test_program>" JOBPOD_SANITIZED=${sanitized})
add_dependencies(shim_test jobpod-shim shim_test_program)
