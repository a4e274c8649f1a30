// RTSeg's runtime: runs a network that `rtseg compile` saved in a .rtseg file. Plain C, no other library needed.
//
//     rtseg_program *program;
//     rtseg_context *context;
//     if (rtseg_program_open("street.rtseg", &program) != RTSEG_OK) fail(rtseg_error_message());
//     if (rtseg_context_create(program, NULL, &context) != RTSEG_OK) fail(rtseg_error_message());
//     rtseg_image image = {.format = RTSEG_RGB, .height = 512, .width = 1024, .data = {pixels}};
//     rtseg_result classes = {.kind = RTSEG_CLASSES, .height = 512, .width = 1024, .data = map};
//     if (rtseg_run(context, &image, &classes, 1) != RTSEG_OK) fail(rtseg_error_message());
//     rtseg_context_destroy(context);
//     rtseg_program_close(program);
//
// Threads: a program may be used by several threads at a time and shares its weights among its contexts. A context
// serves one call at a time. No exception, signal or exit crosses this interface.
//
// Versions: names and meanings stay within one major version. Structures grow at their end only; zero in a field that a
// caller does not know of keeps the behavior from before that field was there.
#ifndef RTSEG_H
#define RTSEG_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define RTSEG_API __attribute__((visibility("default")))
#else
#define RTSEG_API
#endif

// In C++ a number that an enumeration does not name can only be refused if the enumeration has a type of its own.
#if defined(__cplusplus)
#define RTSEG_ENUM(name) enum name : int32_t
#else
#define RTSEG_ENUM(name) enum name
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define RTSEG_VERSION_MAJOR 1
#define RTSEG_VERSION_MINOR 0
#define RTSEG_VERSION_PATCH 0

/// The version of the library that is loaded, such as "1.0.0".
RTSEG_API const char *rtseg_version(void);
/// The instruction set that kernels use on this processor, such as "AVX2".
RTSEG_API const char *rtseg_instruction_set(void);

typedef enum rtseg_status {
  RTSEG_OK = 0,
  /// An argument is out of range, or a pointer is missing.
  RTSEG_INVALID_ARGUMENT = 1,
  /// The file cannot be read.
  RTSEG_FILE_ERROR = 2,
  /// The file is no .rtseg file, is damaged, or says something that cannot be.
  RTSEG_FORMAT_ERROR = 3,
  /// The file was written by a newer version.
  RTSEG_NEWER_VERSION = 4,
  /// The memory does not suffice.
  RTSEG_OUT_OF_MEMORY = 5,
  /// A kernel refused its arguments, which is an error of this library or of the program.
  RTSEG_KERNEL_ERROR = 6,
} rtseg_status;

/// One line that says why this thread's last failing call failed, what was expected, and what to do. It is valid until
/// the thread's next failing call.
RTSEG_API const char *rtseg_error_message(void);

/// Functions that the library takes large memory from: maps, weights and scratch. `allocate` returns memory aligned to
/// `alignment`, a power of two, or NULL.
typedef struct rtseg_allocator {
  void *(*allocate)(void *state, size_t alignment, size_t bytes);
  void (*release)(void *state, void *memory, size_t bytes);
  void *state;
} rtseg_allocator;
/// Sets the allocator of all programs and contexts that are made afterwards. NULL sets the system's. Call it while no
/// program is open.
RTSEG_API rtseg_status rtseg_set_allocator(const rtseg_allocator *allocator);

// MARK: - Programs

/// A network for one or several sizes of images, with its weights.
typedef struct rtseg_program rtseg_program;

/// Opens a file. On failure `*program` is NULL.
RTSEG_API rtseg_status rtseg_program_open(const char *path, rtseg_program **program);
/// Opens a file's bytes, which are not copied: they must stay where they are until the program is closed.
RTSEG_API rtseg_status rtseg_program_open_memory(const void *bytes, size_t size, rtseg_program **program);
/// Closes a program, once its contexts are destroyed. NULL is allowed.
RTSEG_API void rtseg_program_close(rtseg_program *program);

/// A size in pixels.
typedef struct rtseg_size {
  int32_t height, width;
} rtseg_size;

/// A description of a program. The texts belong to the program.
typedef struct rtseg_description {
  /// The network's name in the catalogue of RTSeg, such as "fastscnn".
  const char *network;
  /// The numbers that the network computes in: "float32", "bfloat16" or "int8".
  const char *precision;
  /// The SHA-256 of the checkpoint's bytes in hexadecimal digits; empty if the weights were in no file.
  const char *checkpoint;
  /// The version of RTSeg that wrote the file.
  const char *producer;
  int32_t class_count;
  /// The sizes of images that the program was compiled for.
  int32_t size_count;
  const rtseg_size *sizes;
  /// The mean and the standard deviation of red, green and blue, on the scale from 0 to 1, that the network's input is
  /// normalized with. The library does that.
  double mean[3], std[3];
  /// The number of operators of the first size.
  int32_t operator_count;
  /// The size of all weights in the file in bytes.
  uint64_t weight_bytes;
  /// The share of the calibration images' pixels that have the same class in int8 as in float32, from 0 to 1; -1 for
  /// other precisions.
  double agreement;
} rtseg_description;

RTSEG_API rtseg_status rtseg_describe(const rtseg_program *program, rtseg_description *description);
/// The name and color of a class. A name may be empty.
RTSEG_API rtseg_status rtseg_class(const rtseg_program *program, int32_t index, const char **name, uint8_t color[3]);

/// The number of channels of images, and the type of their values: "uint8", "uint16" or "float32". With 3 channels of
/// uint8, images are RGB in one of the formats RTSEG_RGB to RTSEG_NV12. Otherwise they have the program's size and the
/// format RTSEG_CHANNELS_... of that type, or any of these if the type is float32. Each pointer may be NULL.
RTSEG_API rtseg_status rtseg_channels(const rtseg_program *program, int32_t *channels, const char **type);
/// The mean and the standard deviation of a channel, on the scale from 0 to 1; of float32 in the images' own unit.
RTSEG_API rtseg_status rtseg_channel(const rtseg_program *program, int32_t channel, double *mean, double *std);

// MARK: - Contexts

/// The memory and the threads for running a program on images of one size, one after the other.
typedef struct rtseg_context rtseg_context;

/// The kinds of results.
typedef RTSEG_ENUM(rtseg_kind){
  /// The best class of each pixel: one byte per pixel.
  RTSEG_CLASSES = 0,
  /// The scores of all classes: float [height][width][classes].
  RTSEG_SCORES = 1,
  /// The probability of the best class (softmax): one float per pixel.
  RTSEG_PROBABILITY = 2,
} rtseg_kind;

typedef struct rtseg_options {
  /// The number of threads, the calling one included, from 1 to 256. 0: one per core that this process may use.
  int32_t threads;
  /// Which of the description's sizes images have; -1 and others are refused.
  int32_t size_index;
  /// The kinds of results that rtseg_run may be asked for: a sum of 1 << rtseg_kind. 0: classes only. Images of another
  /// size than the program's need scores, which are allowed for by `resizes_images`.
  uint32_t kinds;
  /// Whether images, or results, may have another size than the program's. They are resized bilinearly then.
  int32_t resizes_images;
  /// The most bytes that the context's maps may take; a program that needs more is refused. 0: the machine's memory.
  uint64_t memory_limit;
} rtseg_options;

/// Creates a context. `options` may be NULL, which is like zeros in all fields.
RTSEG_API rtseg_status rtseg_context_create(rtseg_program *program, const rtseg_options *options,
                                            rtseg_context **context);
/// NULL is allowed.
RTSEG_API void rtseg_context_destroy(rtseg_context *context);
/// The bytes of memory that the context's maps take.
RTSEG_API uint64_t rtseg_context_memory(const rtseg_context *context);

// MARK: - Running

typedef RTSEG_ENUM(rtseg_format){
  RTSEG_RGB = 0,   ///< 3 bytes per pixel.
  RTSEG_BGR = 1,   ///< 3 bytes per pixel.
  RTSEG_GRAY = 2,  ///< 1 byte per pixel.
  /// Two planes: luma, and blue and red differences in turn at half the height and width (BT.601, limited range), as
  /// cameras and video decoders give it. Height and width must be even.
  RTSEG_NV12 = 3,
  /// The channels of a network that takes no RGB, side by side (rtseg_channels): 1 byte for each channel.
  RTSEG_CHANNELS_UINT8 = 4,
  /// The same with 2 bytes, in the processor's order.
  RTSEG_CHANNELS_UINT16 = 5,
  /// The same with floats. Values that are not finite stand for no data.
  RTSEG_CHANNELS_FLOAT32 = 6,
} rtseg_format;

typedef struct rtseg_image {
  rtseg_format format;
  int32_t height, width;
  /// The first row of each plane; the second is for RTSEG_NV12.
  const uint8_t *data[2];
  /// The distances of rows in bytes; 0 for rows without gaps.
  int64_t stride[2];
} rtseg_image;

typedef struct rtseg_result {
  rtseg_kind kind;
  /// The size of the result: the image's or the program's.
  int32_t height, width;
  void *data;
  /// The distance of rows in bytes; 0 for rows without gaps.
  int64_t stride;
} rtseg_result;

/// Runs the network on one image and writes some results of it.
RTSEG_API rtseg_status rtseg_run(rtseg_context *context, const rtseg_image *image, const rtseg_result *results,
                                 size_t result_count);

#ifdef __cplusplus
}
#endif
#endif
