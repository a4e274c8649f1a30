#include <caffe2/serialize/inline_container.h>

#include "guard.hpp"

using caffe2::serialize::PyTorchStreamWriter;
using ct::guard;

struct ct_archive_writer_impl {
  PyTorchStreamWriter writer;
};

bool ct_archive_create(ct_archive_write_function write, void *context, ct_archive_writer *out) {
  return guard([&] {
    auto function = [=](const void *bytes, size_t count) -> size_t { return write(context, bytes, count) ? count : 0; };
    *out = new ct_archive_writer_impl{PyTorchStreamWriter(function)};
  });
}
bool ct_archive_write(ct_archive_writer writer, const char *name, const void *bytes, size_t count) {
  return guard([&] { writer->writer.writeRecord(name, bytes, count); });
}
bool ct_archive_finish(ct_archive_writer writer) {
  return guard([&] { writer->writer.writeEndOfFile(); });
}
void ct_archive_free_writer(ct_archive_writer writer) {
  // The destructor would finish an unfinished archive, and end the process if that throws.
  if (writer && !writer->writer.finalized()) guard([&] { writer->writer.writeEndOfFile(); });
  delete writer;
}
