# Layers: compressed bytes in, a tree and two digests out.
add_library(jobpod_layers STATIC
  sha256.cpp hash_ring.cpp decompress.cpp gunzip.cpp unzstd.cpp layer_stream.cpp read_ahead.cpp unpack_budget.cpp
  tar_header.cpp tar_pax.cpp tar_reader.cpp layer_path.cpp
  tree_cursor_${JOBPOD_OS}.cpp layer_writer_${JOBPOD_OS}.cpp entry_metadata_${JOBPOD_OS}.cpp
  overlay_${JOBPOD_OS}.cpp layer_unpack_${JOBPOD_OS}.cpp
  merged_view_${JOBPOD_OS}.cpp layer_bridge_${JOBPOD_OS}.cpp copy_layers_${JOBPOD_OS}.cpp overlay_works_${JOBPOD_OS}.cpp)
target_link_libraries(jobpod_layers
  PUBLIC jobpod_base
  PRIVATE PkgConfig::ISAL PkgConfig::ZSTD OpenSSL::Crypto jobpod_warnings)

add_library(jobpod_layer_test_tools STATIC layer_test_tools.cpp)
target_link_libraries(jobpod_layer_test_tools
  PUBLIC jobpod_layers jobpod_test_main PRIVATE ZLIB::ZLIB PkgConfig::ZSTD jobpod_warnings)
jobpod_unit_test(layer_unpack_test LIBRARIES jobpod_layers jobpod_layer_test_tools
  SOURCES layer_unpack_test.cpp layer_whiteout_test.cpp layer_hostile_test.cpp layer_bridge_test.cpp read_ahead_test.cpp)
jobpod_unit_test(tar_reader_test LIBRARIES jobpod_layers jobpod_layer_test_tools ZLIB::ZLIB
  SOURCES tar_reader_test.cpp decompress_test.cpp)
