// SQLite in the few words the index needs: texts in, texts out. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.hpp"

struct sqlite3;

namespace jobpod {

class ImageDatabase {
 public:
  using Row = std::vector<std::string>;

  // Opens or makes the file: write-ahead log, synchronous=FULL. DataLoss when it is damaged.
  static StatusOr<std::unique_ptr<ImageDatabase>> Open(const std::string& path);
  ~ImageDatabase();
  ImageDatabase(const ImageDatabase&) = delete;
  ImageDatabase& operator=(const ImageDatabase&) = delete;

  // One statement; "?1" is values[0]. ResourceExhausted when the disk is full, DataLoss when the file
  // is damaged.
  Status Run(const char* sql, const Row& values = {});
  StatusOr<std::vector<Row>> Query(const char* sql, const Row& values = {});

  // All or nothing.
  Status Transaction(const std::function<Status()>& body);

 private:
  explicit ImageDatabase(std::string path) : path_(std::move(path)) {}
  Status Error(int code) const;
  Status SetUp();

  const std::string path_;
  sqlite3* handle_ = nullptr;
};

}  // namespace jobpod
