# The wire: generated messages and services, and the RPC handlers behind them.
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

# Generated at -O1 without debug information, in a target of their own: compiled once and never again.
set(cri_protos runtime)
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/proto/admin.proto)
  list(APPEND cri_protos admin)
endif()
set(cri_generated)
foreach(name ${cri_protos})
  set(out ${CMAKE_BINARY_DIR}/generated/cri/proto/${name})
  add_custom_command(
    OUTPUT ${out}.pb.cc ${out}.pb.h ${out}.grpc.pb.cc ${out}.grpc.pb.h
    COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR}
      --cpp_out=${CMAKE_BINARY_DIR}/generated --grpc_out=${CMAKE_BINARY_DIR}/generated
      --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN} ${CMAKE_CURRENT_SOURCE_DIR}/proto/${name}.proto
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/proto/${name}.proto VERBATIM)
  list(APPEND cri_generated ${out}.pb.cc ${out}.grpc.pb.cc)
endforeach()
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
add_library(jobpod_cri_proto STATIC ${cri_generated})
target_include_directories(jobpod_cri_proto SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
target_compile_options(jobpod_cri_proto PRIVATE -O1 -g0)
target_link_libraries(jobpod_cri_proto PUBLIC PkgConfig::GRPCPP protobuf::libprotobuf)

jobpod_unit_test(cri_proto_test LIBRARIES jobpod_cri_proto jobpod_base SOURCES proto_test.cpp)
target_compile_definitions(cri_proto_test PRIVATE JOBPOD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

add_library(jobpod_cri_services STATIC
  services.cpp services_for_host.cpp runtime_service.cpp image_service.cpp skin.cpp events_stream.cpp item_list.cpp
  admission.cpp admission_security.cpp admission_notes.cpp resolve.cpp info.cpp views_pod.cpp views_container.cpp usage.cpp pod_usage_${JOBPOD_OS}.cpp image_view.cpp
  translate_text.cpp translate_signal.cpp translate_limits.cpp translate_resources.cpp
  translate_pod.cpp translate_container.cpp translate_security.cpp
  status.cpp pod_start.cpp pod_stop.cpp pod_list.cpp pod_status.cpp pod_update.cpp pod_stats.cpp pod_metrics.cpp
  metric_rows_processor.cpp metric_rows_memory.cpp metric_rows_device.cpp metric_rows_spec.cpp
  host_figures_${JOBPOD_OS}.cpp
  container_create.cpp container_start.cpp container_stop.cpp container_list.cpp container_status.cpp
  container_update.cpp container_log.cpp container_exec.cpp container_stream.cpp pod_port_forward.cpp container_stats.cpp
  image_list.cpp image_status.cpp image_pull.cpp image_remove.cpp)
# Full protobuf before the lite one that the rooms' messages bring.
target_link_libraries(jobpod_cri_services
  PUBLIC jobpod_cri_proto jobpod_base jobpod_streaming jobpod_runtime_proto
  PRIVATE jobpod_network nlohmann_json::nlohmann_json jobpod_warnings)
# It looks at deprecated fields, to refuse what they ask for.
set_source_files_properties(admission_security.cpp translate_security.cpp translate_security_test.cpp
  PROPERTIES COMPILE_OPTIONS -Wno-deprecated-declarations)

# Fakes below, the real services, a real server and its client.
add_library(jobpod_cri_test STATIC test_server.cpp test_address_${JOBPOD_OS}.cpp
  ${PROJECT_SOURCE_DIR}/test/fakes/fake_pod_manager.cpp
  ${PROJECT_SOURCE_DIR}/runtime/events.cpp)
target_link_libraries(jobpod_cri_test PUBLIC jobpod_cri_services jobpod_endpoint jobpod_streaming_test jobpod_warnings)

jobpod_unit_test(cri_translate_test LIBRARIES jobpod_cri_services SOURCES translate_test.cpp translate_security_test.cpp admission_test.cpp)
jobpod_unit_test(cri_services_test LIBRARIES jobpod_cri_test
  SOURCES services_life_test.cpp services_exec_test.cpp services_list_test.cpp
  services_stream_test.cpp services_peer_test.cpp)
if(WIN32)
  target_sources(cri_services_test PRIVATE services_peer_windows_test.cpp)
endif()

# Prints; run by hand and by test/bench.
add_executable(cri_list_bench list_bench.cpp)
target_link_libraries(cri_list_bench PRIVATE jobpod_cri_test)
set_target_properties(cri_list_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
