# Layers: compressed bytes in, a tree and two digests out.
if(WIN32)
  set(gunzip zlib)
  set(tree_sources file_clone_windows.cpp layer_mark_windows.cpp pending_links_windows.cpp)
else()
  set(gunzip isal)
  set(tree_sources overlay_linux.cpp merged_view_linux.cpp overlay_works_linux.cpp)
endif()
add_library(jobpod_layers STATIC
  sha256.cpp digest.cpp hash_ring.cpp decompress.cpp gunzip_${gunzip}.cpp unzstd.cpp layer_stream.cpp read_ahead.cpp unpack_budget.cpp
  tar_header.cpp tar_pax.cpp tar_reader.cpp layer_path.cpp layer_unpack.cpp
  tree_cursor_${JOBPOD_OS}.cpp layer_writer_${JOBPOD_OS}.cpp entry_metadata_${JOBPOD_OS}.cpp
  layer_bridge_${JOBPOD_OS}.cpp copy_layers_${JOBPOD_OS}.cpp ${tree_sources})
target_link_libraries(jobpod_layers
  PUBLIC jobpod_base PRIVATE PkgConfig::ZSTD OpenSSL::Crypto jobpod_warnings)
target_link_libraries(jobpod_layers PRIVATE $<IF:$<BOOL:${WIN32}>,ZLIB::ZLIB,PkgConfig::ISAL>)

add_library(jobpod_layer_test_tools STATIC layer_test_tools.cpp layer_test_host_${JOBPOD_OS}.cpp)
target_link_libraries(jobpod_layer_test_tools
  PUBLIC jobpod_layers jobpod_test_main PRIVATE ZLIB::ZLIB PkgConfig::ZSTD jobpod_warnings)
jobpod_unit_test(tar_reader_test LIBRARIES jobpod_layers jobpod_layer_test_tools ZLIB::ZLIB
  SOURCES tar_reader_test.cpp decompress_test.cpp)
if(WIN32)
  jobpod_unit_test(layer_windows_test LIBRARIES jobpod_layers jobpod_layer_test_tools
    SOURCES layer_windows_test.cpp layer_writer_windows_test.cpp file_clone_windows_test.cpp)
  return()
endif()
jobpod_unit_test(layer_unpack_test LIBRARIES jobpod_layers jobpod_layer_test_tools
  SOURCES layer_unpack_test.cpp layer_whiteout_test.cpp layer_hostile_test.cpp layer_bridge_test.cpp read_ahead_test.cpp)
