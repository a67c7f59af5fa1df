#include "image/decompress.hpp"
#include "image/hash_ring.hpp"
#include "image/layer_stream.hpp"
#include "image/layer_unpack.hpp"
#include "image/layer_writer.hpp"
#include "image/read_ahead.hpp"
#include "image/tar_reader.hpp"

namespace jobpod {
namespace {

StatusOr<Compression> Detect(BlobStream& blob) {
  ASSIGN_OR_RETURN(std::string_view head, blob.Peek());
  std::string_view other = UnsupportedCompression(head);
  if (other.empty()) return DetectCompression(head);
  return absl::InvalidArgumentError(
      Concat("the layer is compressed with ", other, "; only gzip, zstd and plain tar are layers"));
}

// Unpacks the tar stream to its end, which may be behind the archive's end.
Status UnpackEntries(TarStream& tar, LayerWriter& writer, const UnpackBudget& budget) {
  ReadAhead ahead(tar);
  TarReader reader(ahead, budget.limits());
  TarEntry entry;
  for (;;) {
    ASSIGN_OR_RETURN(bool more, reader.Next(entry));
    if (!more) break;
    RETURN_IF_ERROR(writer.Write(entry, reader));
  }
  RETURN_IF_ERROR(writer.Finish());
  return reader.Drain();
}

// Damaged bytes fail in ways that say nothing; that they are others than announced says it all.
template <typename Hashed>
Status Blame(const Status& status, Hashed& rest, const std::string& digest) {
  const bool senseless = absl::IsInvalidArgument(status) || absl::IsDataLoss(status);
  if (!senseless || digest.empty()) return status;
  for (;;) {
    const auto piece = rest.Next();
    if (!piece.ok()) return status;
    if (piece->empty()) break;
  }
  const std::string actual = rest.Digest();
  if (actual == digest) return status;
  return absl::DataLossError(Concat("its bytes are corrupt: they have the digest ", actual));
}

}  // namespace

StatusOr<UnpackResult> UnpackLayer(const ByteSource& source, const std::string& directory, bool windows,
                                   UnpackBudget& budget, std::stop_token stop, const std::string& digest) {
  ASSIGN_OR_RETURN(const auto writer, LayerWriter::Open(directory, windows, budget));
  ASSIGN_OR_RETURN(auto hasher, HashThread::Start());
  BlobStream blob(source, *hasher, stop);
  ASSIGN_OR_RETURN(Compression compression, Detect(blob));
  if (compression == Compression::kNone) blob.StopHashing();
  ASSIGN_OR_RETURN(auto decoder, MakeDecoder(compression, blob, budget.windows(), stop));
  TarStream tar(*decoder, blob, *hasher, budget, stop);
  const Status unpacked = UnpackEntries(tar, *writer, budget);
  const bool plain = compression == Compression::kNone;
  if (!unpacked.ok()) return plain ? Blame(unpacked, tar, digest) : Blame(unpacked, blob, digest);
  UnpackResult result;
  result.diff_id = tar.Digest();
  result.blob_digest = plain ? result.diff_id : blob.Digest();
  result.disk_bytes = writer->disk_bytes();
  result.inodes = writer->inodes();
  result.implied = writer->Implied();
  return result;
}

}  // namespace jobpod
