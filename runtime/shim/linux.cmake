# The Linux shim. jobpod_child is what runs between fork and exec.
add_library(jobpod_child STATIC ../child_linux.cpp ../child_exec_linux.cpp ../interpreter_linux.cpp
  ../child_namespaces_linux.cpp ../child_privileges_linux.cpp ../child_console_linux.cpp ../console_linux.cpp)
target_link_libraries(jobpod_child
  PUBLIC jobpod_base jobpod_runtime_proto PRIVATE jobpod_mount_enter jobpod_warnings)
target_sources(jobpod_shim_server PRIVATE pod_init_linux.cpp)
target_link_libraries(jobpod_shim_server PRIVATE jobpod_mount_enter)
target_sources(jobpod_shim_client PRIVATE socket_address_linux.cpp)

# Static, and so without interpreter or library to load: it starts in a millisecond, shares its text, and
# survives an upgrade of the host's libraries. The imported targets name shared objects, so the archives
# are given by hand. (Sanitizers cannot be linked statically.)
if(JOBPOD_SANITIZE)
  target_link_libraries(jobpod-shim PRIVATE jobpod_shim_server jobpod_warnings)
else()
  set(own jobpod_shim_server jobpod_shim_log jobpod_shim_socket jobpod_jobs jobpod_child jobpod_mount_enter
      jobpod_shim_proto jobpod_runtime_proto jobpod_volumes_proto jobpod_base)
  list(TRANSFORM own REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE archives)
  pkg_check_modules(JOBPOD_SHIM_STATIC REQUIRED absl_statusor protobuf-lite)
  add_dependencies(jobpod-shim ${own})
  set_target_properties(jobpod-shim PROPERTIES POSITION_INDEPENDENT_CODE OFF LINK_DEPENDS "${archives}")
  target_link_options(jobpod-shim PRIVATE -static -no-pie -Wl,--gc-sections)
  target_link_libraries(jobpod-shim PRIVATE
    jobpod_warnings -Wl,--start-group ${archives} ${JOBPOD_SHIM_STATIC_STATIC_LDFLAGS} -Wl,--end-group)
endif()
