# Where clients connect, and how they do.
add_library(jobpod_endpoint STATIC
  endpoint_${JOBPOD_OS}.cpp endpoint_client_${JOBPOD_OS}.cpp own_ports.cpp own_connection.cpp)
if(WIN32)
  target_sources(jobpod_endpoint PRIVATE
    pipe_listener_windows.cpp pipe_dial_windows.cpp pipe_duplex_windows.cpp connection_owner_windows.cpp)
  target_link_libraries(jobpod_endpoint PRIVATE iphlpapi)
endif()
target_link_libraries(jobpod_endpoint PUBLIC jobpod_config jobpod_streaming PRIVATE jobpod_warnings)
