find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
# Without TLS and xDS: the endpoint is a local socket, and half the library stays out of memory.
pkg_check_modules(GRPCPP REQUIRED IMPORTED_TARGET grpc++_unsecure)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)

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
