# The shim's side: base and protobuf-lite alone.
add_library(jobpod_mount_enter STATIC bind_filter_windows.cpp)
target_link_libraries(jobpod_mount_enter
  PUBLIC jobpod_base jobpod_volumes_proto jobpod_windows_path PRIVATE jobpod_warnings)

# The daemon's side.
add_library(jobpod_volumes STATIC
  volumes_windows.cpp volume_check_windows.cpp host_item_windows.cpp rootfs_walk_windows.cpp rootfs_read_windows.cpp
  layout_link_windows.cpp layout_bind_windows.cpp)
target_link_libraries(jobpod_volumes PUBLIC jobpod_mount_enter PRIVATE jobpod_warnings)

jobpod_unit_test(volumes_windows_test LIBRARIES jobpod_volumes
  SOURCES volumes_windows_test.cpp bind_filter_windows_test.cpp)
