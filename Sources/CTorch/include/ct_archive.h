// Zip archives as torch.save writes them, by libtorch's own writer.
#ifndef CT_ARCHIVE_H
#define CT_ARCHIVE_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_archive_writer_impl *ct_archive_writer;

/// Takes the next bytes of an archive being written; false fails the writing.
typedef bool (*ct_archive_write_function)(void *context, const void *bytes, size_t count);

/// `write` is called during the functions below only.
bool ct_archive_create(ct_archive_write_function write, void *context, ct_archive_writer *out);
bool ct_archive_write(ct_archive_writer writer, const char *name, const void *bytes, size_t count);
/// Writes the directory, after all records.
bool ct_archive_finish(ct_archive_writer writer);
void ct_archive_free_writer(ct_archive_writer writer);

#ifdef __cplusplus
}
#endif
#endif
