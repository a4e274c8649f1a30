// Zip archives as torch.save writes them, through libtorch's own reader and writer.
#ifndef CT_ARCHIVE_H
#define CT_ARCHIVE_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_archive_reader_impl *ct_archive_reader;
typedef struct ct_archive_writer_impl *ct_archive_writer;

bool ct_archive_open(const char *path, ct_archive_reader *out);
void ct_archive_close(ct_archive_reader reader);
/// Record names below the archive's top folder, one a line. Free with ct_free_string.
bool ct_archive_records(ct_archive_reader reader, char **out);
bool ct_archive_record_size(ct_archive_reader reader, const char *name, size_t *out);
/// Reads a record whole into `out`, which has room for `capacity` bytes (the record's size).
bool ct_archive_read(ct_archive_reader reader, const char *name, void *out, size_t capacity);

bool ct_archive_create(const char *path, const char *top_folder, ct_archive_writer *out);
bool ct_archive_write(ct_archive_writer writer, const char *name, const void *bytes, size_t count);
/// Writes the directory and closes the file.
bool ct_archive_finish(ct_archive_writer writer);
void ct_archive_free_writer(ct_archive_writer writer);

#ifdef __cplusplus
}
#endif
#endif
