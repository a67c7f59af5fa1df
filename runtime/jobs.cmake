# Jobs: process trees with limits, usage and a single kill.
if(NOT WIN32)
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
if(NOT WIN32)
  add_executable(job_test_program job_test_program.cpp)
  target_link_libraries(job_test_program PRIVATE jobpod_warnings)
  # It forks and is killed at will: nothing a sanitizer could follow.
  target_compile_options(job_test_program PRIVATE -fno-sanitize=all)
  target_link_options(job_test_program PRIVATE -fno-sanitize=all)
  set_target_properties(job_test_program PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)

  jobpod_unit_test(job_test LIBRARIES jobpod_jobs jobpod_job_fake
    SOURCES job_contract_test.cpp job_linux_test.cpp cgroup_v2_test.cpp cgroup_system_test.cpp
      job_test_support.cpp test_child_linux.cpp)

  add_executable(job_bench job_bench.cpp test_child_linux.cpp)
  target_link_libraries(job_bench PRIVATE jobpod_jobs jobpod_warnings)
  set_target_properties(job_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)

  foreach(program job_test job_bench)
    target_compile_definitions(${program} PRIVATE JOB_TEST_PROGRAM="$<TARGET_FILE:job_test_program>")
    add_dependencies(${program} job_test_program)
  endforeach()
endif()
