// Zip archives in the format of torch.save, written by libtorch's own writer.
#ifndef CT_ARCHIVE_H
#define CT_ARCHIVE_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_archive_writer_impl *ct_archive_writer;

/// Receives the next bytes of an archive. If it returns false, writing fails.
typedef bool (*ct_archive_write_function)(void *context, const void *bytes, size_t count);

/// Creates a writer. `write` is called only during the functions below.
bool ct_archive_create(ct_archive_write_function write, void *context, ct_archive_writer *out);
bool ct_archive_write(ct_archive_writer writer, const char *name, const void *bytes, size_t count);
/// Writes the archive's directory. It is called after all records are written.
bool ct_archive_finish(ct_archive_writer writer);
void ct_archive_free_writer(ct_archive_writer writer);

#ifdef __cplusplus
}
#endif
#endif
