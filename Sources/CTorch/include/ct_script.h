// TorchScript modules: made of tensors and the source text of their function, saved, loaded and run.
#ifndef CT_SCRIPT_H
#define CT_SCRIPT_H

#include "ct_archive.h"
#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_script_impl *ct_script;

/// Creates a module without content.
bool ct_script_create(const char *name, ct_script *out);
/// Adds a tensor, which the source text calls self.NAME: a parameter, or a buffer.
bool ct_script_add(ct_script script, const char *name, ct_tensor tensor, bool is_parameter);
/// Adds functions from their source text.
bool ct_script_define(ct_script script, const char *source);
/// Saves the module with one more file of text in its archive. `write` is called only during this function.
bool ct_script_save(ct_script script, const char *extra_name, const char *extra_text, ct_archive_write_function write,
                    void *context);
/// Loads a saved module on the CPU.
bool ct_script_load(const char *path, ct_script *out);
/// Runs the module's function forward on one tensor.
bool ct_script_forward(ct_script script, ct_tensor input, ct_tensor *out);
void ct_script_free(ct_script script);

#ifdef __cplusplus
}
#endif
#endif
