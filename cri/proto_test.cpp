// The wire equals the interface: every service, message, enum, number and type of the table is in the
// descriptors, and nothing else is.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <string>

#include "base/text.hpp"
#include "cri/proto/runtime.pb.h"

namespace jobpod {
namespace {

using Rows = std::multiset<std::string>;

std::string Row(const char* kind, const std::string& owner, const std::string& number,
                const std::string& name, const std::string& type, const std::string& note) {
  return Concat(kind, '\t', owner, '\t', number, '\t', name, '\t', type, '\t', note);
}

Rows RowsOfTable() {
  std::ifstream table(JOBPOD_SOURCE_DIR "/test/data/cri-v1-interface.tsv");
  Rows rows;
  for (std::string line; std::getline(table, line);) {
    if (!line.empty() && line[0] != '#') rows.insert(line);
  }
  return rows;
}

std::string TypeName(const google::protobuf::FieldDescriptor& field) {
  if (field.is_map()) {
    const auto& entry = *field.message_type();
    return Concat("map<", TypeName(*entry.field(0)), ",", TypeName(*entry.field(1)), ">");
  }
  const std::string repeated = field.is_repeated() ? "repeated " : "";
  if (field.message_type() != nullptr) return repeated + field.message_type()->name();
  if (field.enum_type() != nullptr) return repeated + field.enum_type()->name();
  return repeated + field.type_name();
}

void AddEnum(const google::protobuf::EnumDescriptor& type, const std::string& owner, Rows& rows) {
  for (int i = 0; i < type.value_count(); ++i) {
    rows.insert(Row("enum", owner, std::to_string(type.value(i)->number()), type.value(i)->name(), "", ""));
  }
}

void AddMessage(const google::protobuf::Descriptor& type, Rows& rows) {
  if (type.field_count() == 0) rows.insert(Row("message", type.name(), "", "", "", "(empty)"));
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    CHECK_FALSE(field.has_presence() != (field.message_type() != nullptr && !field.is_repeated()));
    rows.insert(Row("message", type.name(), std::to_string(field.number()), field.name(), TypeName(field),
                    field.options().deprecated() ? "deprecated = true" : ""));
  }
  for (int i = 0; i < type.enum_type_count(); ++i) {
    AddEnum(*type.enum_type(i), Concat(type.name(), ".", type.enum_type(i)->name()), rows);
  }
  for (int i = 0; i < type.nested_type_count(); ++i) {
    CHECK(type.nested_type(i)->options().map_entry());
  }
}

void AddService(const google::protobuf::ServiceDescriptor& service, Rows& rows) {
  for (int i = 0; i < service.method_count(); ++i) {
    const auto& method = *service.method(i);
    CHECK_FALSE(method.client_streaming());
    rows.insert(Row("service", service.name(), "", method.name(), method.input_type()->name(),
                    Concat(method.server_streaming() ? "stream " : "", method.output_type()->name())));
  }
}

Rows RowsOfDescriptors() {
  const auto& file = *::runtime::v1::VersionRequest::descriptor()->file();
  CHECK(file.package() == "runtime.v1");
  CHECK(file.syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3);
  Rows rows;
  for (int i = 0; i < file.service_count(); ++i) AddService(*file.service(i), rows);
  for (int i = 0; i < file.message_type_count(); ++i) AddMessage(*file.message_type(i), rows);
  for (int i = 0; i < file.enum_type_count(); ++i)
    AddEnum(*file.enum_type(i), file.enum_type(i)->name(), rows);
  return rows;
}

TEST_CASE("the wire is exactly the interface of the table") {
  const Rows table = RowsOfTable();
  const Rows descriptors = RowsOfDescriptors();
  REQUIRE(table.size() == 634);
  for (const auto& row : table) {
    INFO("only in the table: " << row);
    CHECK(descriptors.count(row) == 1);
  }
  for (const auto& row : descriptors) {
    INFO("only in the proto file: " << row);
    CHECK(table.count(row) == 1);
  }
}

}  // namespace
}  // namespace jobpod
