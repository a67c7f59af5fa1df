# Jobs: process trees with limits, usage and a single kill.
# Asks nothing of the system, so that it is tested on both.
add_library(jobpod_mount_point STATIC mount_point.cpp)
target_link_libraries(jobpod_mount_point PUBLIC jobpod_base PRIVATE jobpod_warnings)
add_library(jobpod_windows_words STATIC windows_limits.cpp windows_command_line.cpp windows_environment.cpp
  windows_executable.cpp windows_launch.cpp)
target_link_libraries(jobpod_windows_words
  PUBLIC jobpod_runtime_proto jobpod_base PRIVATE jobpod_mount_point jobpod_warnings)
jobpod_unit_test(windows_words_test LIBRARIES jobpod_windows_words
  SOURCES windows_words_test.cpp windows_executable_test.cpp windows_launch_test.cpp)

if(WIN32)
  jobpod_proto(jobpod_launch_report_proto runtime launch_report)
  add_library(jobpod_jobs STATIC
    job_windows.cpp job_tree_windows.cpp job_object_windows.cpp job_probe_windows.cpp job_usage_windows.cpp job_port_windows.cpp
    job_signal_windows.cpp console_host_windows.cpp process_windows.cpp new_process_windows.cpp program_windows.cpp
    inner_launcher_windows.cpp inner_launcher_main_windows.cpp
    job_removal.cpp account_environment_windows.cpp logon_windows.cpp token_windows.cpp)
  target_link_libraries(jobpod_jobs
    PUBLIC jobpod_runtime_proto jobpod_base jobpod_mount_enter
    PRIVATE jobpod_launch_report_proto jobpod_windows_words userenv jobpod_warnings)
else()
  add_library(jobpod_jobs STATIC
    job_linux.cpp cgroup_system.cpp cgroup_detect_linux.cpp cgroup_file_linux.cpp cgroup_groups_linux.cpp
    cgroup_limits.cpp cgroup_v1.cpp cgroup_v2.cpp
    cgroup_usage_linux.cpp cgroup_usage_v1.cpp cgroup_usage_v2.cpp
    cgroup_tree_linux.cpp cgroup_kill_linux.cpp cgroup_remove_linux.cpp
    cgroup_spawn_linux.cpp cgroup_watch_linux.cpp job_removal.cpp)
  target_link_libraries(jobpod_jobs PUBLIC jobpod_runtime_proto jobpod_child jobpod_base PRIVATE jobpod_warnings)
endif()

# For tests only: jobs in memory, and a program that misbehaves in them.
add_library(jobpod_job_fake STATIC job_fake.cpp)
target_link_libraries(jobpod_job_fake PUBLIC jobpod_runtime_proto jobpod_base PRIVATE jobpod_warnings)
# It forks and is killed at will: nothing a sanitizer could follow.
add_executable(job_test_program job_test_program_${JOBPOD_OS}.cpp)
target_link_libraries(job_test_program PRIVATE jobpod_warnings)
target_compile_options(job_test_program PRIVATE -fno-sanitize=all)
target_link_options(job_test_program PRIVATE -fno-sanitize=all)
set_target_properties(job_test_program PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)

jobpod_unit_test(job_test LIBRARIES jobpod_jobs jobpod_job_fake
  SOURCES job_contract_test.cpp job_test_support.cpp job_test_host_${JOBPOD_OS}.cpp)
set(job_programs job_test)
if(WIN32)
  target_link_libraries(job_test_program PRIVATE ntdll)
  target_sources(job_test PRIVATE job_windows_test.cpp job_view_windows_test.cpp process_windows_test.cpp
    inner_launcher_windows_test.cpp)
  target_compile_definitions(job_test PRIVATE JOBPOD_SHIM_PATH="$<TARGET_FILE:jobpod-shim>")
  add_dependencies(job_test jobpod-shim)
else()
  target_sources(job_test PRIVATE job_linux_test.cpp cgroup_v2_test.cpp cgroup_system_test.cpp test_child_linux.cpp)
  add_executable(job_bench job_bench.cpp test_child_linux.cpp)
  target_link_libraries(job_bench PRIVATE jobpod_jobs jobpod_warnings)
  set_target_properties(job_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  list(APPEND job_programs job_bench)
endif()
foreach(program ${job_programs})
  target_compile_definitions(${program} PRIVATE JOB_TEST_PROGRAM="$<TARGET_FILE:job_test_program>")
  add_dependencies(${program} job_test_program)
endforeach()
