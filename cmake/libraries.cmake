include(${CMAKE_CURRENT_LIST_DIR}/libraries_${JOBPOD_OS}.cmake)

# Header-only libraries are quiet: they are not ours to warn about.
add_compile_definitions(BOOST_ERROR_CODE_HEADER_ONLY BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_USE_STD_STRING_VIEW)

# jobpod_proto(target DIR files...): a library of generated messages in its own target, at -O1,
# so that it is compiled once and never again.
function(jobpod_proto target directory)
  set(out ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  set(sources)
  foreach(name ${ARGN})
    add_custom_command(
      OUTPUT ${out}/${directory}/${name}.pb.cc ${out}/${directory}/${name}.pb.h
      COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR} --cpp_out=${out} ${PROJECT_SOURCE_DIR}/${directory}/${name}.proto
      DEPENDS ${PROJECT_SOURCE_DIR}/${directory}/${name}.proto VERBATIM)
    list(APPEND sources ${out}/${directory}/${name}.pb.cc)
  endforeach()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_compile_options(${target} PRIVATE -O1 -g0)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf-lite)
endfunction()
