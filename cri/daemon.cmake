# The programs jobpodd and jobpod: configuration, endpoint, loopback HTTP, admin service, command line.

# What needs neither gRPC nor the rooms below: configuration, addresses, options, the process itself.
add_library(jobpod_config STATIC
  address.cpp address_${JOBPOD_OS}.cpp host_defaults_${JOBPOD_OS}.cpp config.cpp config_keys.cpp
  config_file_${JOBPOD_OS}.cpp
  daemon_options.cpp service_commands_${JOBPOD_OS}.cpp service_manager_${JOBPOD_OS}.cpp
  root_lock_${JOBPOD_OS}.cpp process.cpp process_${JOBPOD_OS}.cpp process_usage_${JOBPOD_OS}.cpp watchdog.cpp)
target_link_libraries(jobpod_config PUBLIC jobpod_base PRIVATE jobpod_warnings CLI11::CLI11)
target_compile_definitions(jobpod_config PUBLIC JOBPOD_VERSION="${PROJECT_VERSION}")
if(WIN32)
  # Its entries in the event log are words of the program itself.
  find_program(WINDMC x86_64-w64-mingw32-windmc REQUIRED)
  set(messages ${CMAKE_CURRENT_BINARY_DIR}/messages)
  file(MAKE_DIRECTORY ${messages})
  add_custom_command(OUTPUT ${messages}/event_log_windows.h ${messages}/event_log_windows.rc
    COMMAND ${WINDMC} -h ${messages} -r ${messages} ${CMAKE_CURRENT_SOURCE_DIR}/event_log_windows.mc
    DEPENDS event_log_windows.mc VERBATIM)
  target_sources(jobpod_config PRIVATE installation_windows.cpp service_install_windows.cpp service_run_windows.cpp event_log_windows.cpp
    ${messages}/event_log_windows.h)
  target_include_directories(jobpod_config PRIVATE ${messages})
  target_link_libraries(jobpod_config PRIVATE jobpod_windows_words psapi)
endif()
jobpod_unit_test(config_test LIBRARIES jobpod_endpoint
  SOURCES config_test.cpp address_test.cpp address_${JOBPOD_OS}_test.cpp daemon_options_test.cpp own_ports_test.cpp
  root_lock_test.cpp process_test.cpp endpoint_${JOBPOD_OS}_test.cpp)
if(WIN32)
  target_sources(config_test PRIVATE installation_windows_test.cpp service_windows_test.cpp)
endif()
target_compile_definitions(config_test PRIVATE JOBPOD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

# Loopback HTTP and its metrics.
add_library(jobpod_http STATIC http.cpp metrics.cpp)
target_link_libraries(jobpod_http PUBLIC jobpod_config jobpod_runtime_proto
  PRIVATE PkgConfig::HTTPLIB jobpod_warnings)
jobpod_unit_test(http_test LIBRARIES jobpod_http PkgConfig::HTTPLIB SOURCES http_test.cpp metrics_test.cpp)

# What this host can do, and the admin service.
add_library(jobpod_host_checks STATIC host_checks_${JOBPOD_OS}.cpp host_checks_jobs.cpp port_probe.cpp)
target_link_libraries(jobpod_host_checks PUBLIC jobpod_base PRIVATE jobpod_jobs jobpod_warnings)
if(WIN32)
  target_link_libraries(jobpod_host_checks PRIVATE jobpod_mount_enter)
else()
  target_sources(jobpod_host_checks PRIVATE overlay_probe_linux.cpp)
endif()
add_library(jobpod_admin STATIC admin_calls.cpp admin_service.cpp)
target_link_libraries(jobpod_admin PUBLIC jobpod_cri_services jobpod_host_checks PRIVATE jobpod_warnings)

# Full protobuf before the lite one that the rooms' messages bring.
add_executable(jobpodd jobpodd.cpp daemon.cpp)
target_link_libraries(jobpodd PRIVATE
  jobpod_cri_services jobpod_admin jobpod_http jobpod_config jobpod_endpoint jobpod_runtime jobpod_network
  jobpod_warnings)
add_dependencies(jobpodd jobpod-shim)
if(WIN32)
  target_sources(jobpodd PRIVATE ${messages}/event_log_windows.rc)
  set_property(SOURCE ${messages}/event_log_windows.rc PROPERTY COMPILE_OPTIONS -I${messages})
endif()

# The command line: what can be tried without a daemon, and the commands.
add_library(jobpod_cli STATIC
  cli/attach.cpp cli/attach_session.cpp cli/client.cpp cli/command.cpp cli/detach_keys.cpp cli/doctor.cpp
  cli/event_${JOBPOD_OS}.cpp cli/exec.cpp cli/exit_watch.cpp cli/follow.cpp cli/image.cpp cli/interrupt_${JOBPOD_OS}.cpp
  cli/log_line.cpp cli/log_source_${JOBPOD_OS}.cpp cli/log_tail.cpp cli/logs.cpp cli/progress.cpp cli/ps.cpp cli/pull.cpp
  cli/raw_terminal_${JOBPOD_OS}.cpp cli/remote_session.cpp cli/remove.cpp cli/run.cpp cli/run_host_${JOBPOD_OS}.cpp
  cli/run_request.cpp cli/standard_stream_${JOBPOD_OS}.cpp cli/stop.cpp cli/stream_url.cpp cli/table.cpp
  cli/terminal_${JOBPOD_OS}.cpp cli/terminal_signals_${JOBPOD_OS}.cpp)
if(WIN32)
  target_sources(jobpod_cli PRIVATE cli/console_windows.cpp cli/stream_thread_windows.cpp)
endif()
target_link_libraries(jobpod_cli PUBLIC jobpod_cri_proto jobpod_config jobpod_endpoint jobpod_host_checks
  PRIVATE jobpod_streaming CLI11::CLI11 nlohmann_json::nlohmann_json jobpod_warnings)
jobpod_unit_test(cli_test LIBRARIES jobpod_cli SOURCES cli/cli_test.cpp cli/run_host_${JOBPOD_OS}_test.cpp)
if(WIN32)
  target_sources(cli_test PRIVATE cli/stream_thread_windows_test.cpp)
endif()
add_executable(jobpod cli/main.cpp)
target_link_libraries(jobpod PRIVATE jobpod_cli jobpod_warnings)

# Both programs against a real registry and real pods. Needs root; run by test/run, not by ctest.
if(NOT WIN32)
  add_executable(programs_test programs_${JOBPOD_OS}_test.cpp)
  target_link_libraries(programs_test PRIVATE jobpod_test_harness jobpod_config nlohmann_json::nlohmann_json
    jobpod_test_main jobpod_warnings)
  target_compile_options(programs_test PRIVATE ${jobpod_test_options})
  set_target_properties(programs_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
endif()
