#include "tiff.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MARK: - libtiff's messages and its access to the bytes

// Keeps the first error: those that follow are its consequences.
static void keep_error(tiff_source *source, const char *format, va_list arguments) {
  if (source->has_failed) return;
  source->has_failed = true;
  vsnprintf(source->error, CI_ERROR_SIZE, format, arguments);
  for (char *c = source->error; *c; c++)
    if (*c == '\n') *c = ' ';
}

// libjpeg and the decoders of faxes fill missing parts of an image and warn. For training data that is an error.
static bool is_damage(const char *module) {
  return module && (strncmp(module, "JPEGLib", 7) == 0 || strncmp(module, "Fax", 3) == 0);
}

#if TIFFLIB_VERSION >= 20221213
static int on_error(TIFF *tiff, void *source, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)module;
  keep_error(source, format, arguments);
  return 1;
}

static int on_warning(TIFF *tiff, void *source, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  if (is_damage(module)) keep_error(source, format, arguments);
  return 1;
}
#else
// Releases before 4.5 have handlers for the whole process, which are told the file's own data.
static void on_error(thandle_t source, const char *module, const char *format, va_list arguments) {
  (void)module;
  if (source) keep_error((tiff_source *)source, format, arguments);
}

static void on_warning(thandle_t source, const char *module, const char *format, va_list arguments) {
  if (source && is_damage(module)) keep_error((tiff_source *)source, format, arguments);
}

static pthread_once_t has_handlers = PTHREAD_ONCE_INIT;

static void set_handlers(void) {
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  TIFFSetErrorHandlerExt(on_error);
  TIFFSetWarningHandlerExt(on_warning);
}
#endif

// libtiff reads the header in this way, and all else in the mapped bytes.
static tmsize_t read_bytes(thandle_t handle, void *memory, tmsize_t size) {
  tiff_source *source = handle;
  size_t left = source->size - source->position, count = (size_t)size < left ? (size_t)size : left;
  if (size <= 0 || count == 0) return 0;
  memcpy(memory, source->data + source->position, count);
  source->position += count;
  return (tmsize_t)count;
}

static tmsize_t write_nothing(thandle_t handle, void *memory, tmsize_t size) {
  (void)handle;
  (void)memory;
  (void)size;
  return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  tiff_source *source = handle;
  uint64_t from = whence == SEEK_CUR ? source->position : whence == SEEK_END ? source->size : 0;
  if (offset > source->size || from > source->size - offset) return (toff_t)-1;
  source->position = (size_t)(from + offset);
  return source->position;
}

static int close_nothing(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size_of(thandle_t handle) { return ((tiff_source *)handle)->size; }

static int map(thandle_t handle, void **base, toff_t *size) {
  tiff_source *source = handle;
  *base = (void *)source->data;
  *size = source->size;
  return 1;
}

static void unmap(thandle_t handle, void *base, toff_t size) {
  (void)handle;
  (void)base;
  (void)size;
}

bool ci_tiff_fail(tiff_file *file, const char *reason) {
  if (file->source.has_failed) return false;
  file->source.has_failed = true;
  return ci_fail(file->source.error, "%s", reason);
}

// MARK: - Pages

int ci_tiff_bytes(tiff_type type) {
  switch (type) {
    case TIFF_BITS:
    case TIFF_U8:
    case TIFF_I8:
      return 1;
    case TIFF_U16:
    case TIFF_I16:
    case TIFF_F16:
      return 2;
    case TIFF_U32:
    case TIFF_I32:
    case TIFF_F32:
      return 4;
    case TIFF_F64:
      return 8;
  }
  return 8;
}

static bool find_type(int bits, int format, tiff_type *type) {
  bool is_float = format == SAMPLEFORMAT_IEEEFP, is_signed = format == SAMPLEFORMAT_INT;
  if (!is_float && !is_signed && format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID) return false;
  switch (bits) {
    case 1:
    case 2:
    case 4:
      *type = TIFF_BITS;
      return !is_float && !is_signed;
    case 8:
      *type = is_signed ? TIFF_I8 : TIFF_U8;
      return !is_float;
    case 16:
      *type = is_float ? TIFF_F16 : is_signed ? TIFF_I16 : TIFF_U16;
      return true;
    case 32:
      *type = is_float ? TIFF_F32 : is_signed ? TIFF_I32 : TIFF_U32;
      return true;
    case 64:
      *type = TIFF_F64;
      return is_float;
    default:
      return false;
  }
}

static bool is_read(int compression) {
  switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_LZW:
    case COMPRESSION_JPEG:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_LERC:
    case COMPRESSION_LZMA:
    case COMPRESSION_ZSTD:
    case COMPRESSION_WEBP:
      return TIFFIsCODECConfigured((uint16_t)compression);
    default:
      return false;
  }
}

static bool find_role(TIFF *tiff, int photometric, int channels, tiff_role *role) {
  uint16_t extra_count = 0, *extra = NULL;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  bool has_alpha = extra_count == 1 && (extra[0] == EXTRASAMPLE_ASSOCALPHA || extra[0] == EXTRASAMPLE_UNASSALPHA);
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MASK:
      // Programs for maps and microscopes do not say which of three channels is red.
      *role = channels == 1 || (channels == 2 && has_alpha) ? TIFF_GRAY : channels == 3 ? TIFF_COLORS : TIFF_OTHER;
      return true;
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_YCBCR:
      *role = channels >= 3 ? TIFF_COLORS : TIFF_OTHER;
      return true;
    case PHOTOMETRIC_PALETTE:
      *role = TIFF_INDEX;
      return channels == 1 || (channels == 2 && has_alpha);
    case PHOTOMETRIC_SEPARATED:
      *role = channels >= 4 ? TIFF_INKS : TIFF_OTHER;
      return true;
    default:
      return false;
  }
}

static float find_no_data(TIFF *tiff) {
  enum { gdal_no_data = 42113 };
  uint32_t count = 0;
  char *text = NULL, copy[64];
  const TIFFField *field = TIFFFieldWithTag(tiff, gdal_no_data);
  if (!field || TIFFFieldDataType(field) != TIFF_ASCII || !TIFFFieldPassCount(field) ||
      TIFFFieldReadCount(field) != TIFF_VARIABLE2 || !TIFFGetField(tiff, gdal_no_data, &count, &text) || !text ||
      count == 0 || count >= sizeof copy)
    return NAN;
  memcpy(copy, text, count);
  copy[count] = 0;
  char *end = copy;
  double value = strtod(copy, &end);
  return end == copy ? NAN : (float)value;
}

// Reads the description of the current page.
static bool read_page(tiff_file *file) {
  TIFF *tiff = file->tiff;
  char *error = file->source.error;
  uint32_t width = 0, height = 0;
  uint16_t channels = 1, bits = 1, format = SAMPLEFORMAT_UINT, photometric, planar, compression, orientation;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &channels);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric))
    photometric = channels == 3 || channels == 4 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  file->source.has_failed = true;  // until all is checked
  if (!ci_check_size(width, height, error)) return false;
  if (channels == 0 || channels > CI_MAX_CHANNELS)
    return ci_fail(error, "the TIFF has %d channels, expected 1 to %d", channels, CI_MAX_CHANNELS);
  if ((uint64_t)width * height * channels > CI_MAX_VALUES)
    return ci_fail(error, "the image is too large (%ux%u with %d channels)", width, height, channels);
  tiff_page page = {
      .width = (int)width,
      .height = (int)height,
      .channels = channels,
      .bits = bits,
      .is_inverted = photometric == PHOTOMETRIC_MINISWHITE,
      .is_separate = planar == PLANARCONFIG_SEPARATE && channels > 1,
      .is_lossy = compression == COMPRESSION_JPEG || compression == COMPRESSION_WEBP,
      .orientation = orientation >= 1 && orientation <= 8 ? orientation : 1,
      .no_data = find_no_data(tiff),
  };
  if (!is_read(compression))
    return ci_fail(error, "the TIFF's compression (%d) is not read: save it with LZW or deflate", compression);
  if (!find_type(bits, format, &page.type))
    return ci_fail(error, "the TIFF has values of %d bits (sample format %d), which are not read: expected whole "
                   "numbers of 1, 2, 4, 8, 16 or 32 bits, or floats of 16, 32 or 64 bits", bits, format);
  if (!find_role(tiff, photometric, channels, &page.role))
    return ci_fail(error, "the TIFF's colors (photometric interpretation %d with %d channels) are not read: save it "
                   "as gray or RGB", photometric, channels);
  if (page.role == TIFF_INDEX && page.type != TIFF_BITS && page.type != TIFF_U8)
    return ci_fail(error, "a TIFF with a palette and %d bits is not read, expected 8 bits", bits);
  if (photometric == PHOTOMETRIC_YCBCR) {
    if (compression != COMPRESSION_JPEG)
      return ci_fail(error, "a TIFF in YCbCr is read with JPEG compression only: save it as RGB");
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  file->source.has_failed = false;
  file->page = page;
  return true;
}

bool ci_tiff_open(tiff_file *file, const uint8_t *data, size_t size, char *error) {
  *file = (tiff_file){.source = {.data = data, .size = size, .error = error}};
#if TIFFLIB_VERSION >= 20221213
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return ci_fail(error, "out of memory");
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, &file->source);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, &file->source);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, CI_MAX_BAND);
  file->tiff = TIFFClientOpenExt("TIFF", "r", &file->source, read_bytes, write_nothing, seek, close_nothing, size_of,
                                 map, unmap, options);
  TIFFOpenOptionsFree(options);
#else
  pthread_once(&has_handlers, set_handlers);
  file->tiff = TIFFClientOpen("TIFF", "r", &file->source, read_bytes, write_nothing, seek, close_nothing, size_of, map,
                              unmap);
#endif
  if (!file->tiff) return ci_tiff_fail(file, "the TIFF header is damaged");
  uint32_t subfile = 0;
  TIFFGetFieldDefaulted(file->tiff, TIFFTAG_SUBFILETYPE, &subfile);
  bool is_good = !file->source.has_failed;
  if (is_good && subfile & FILETYPE_REDUCEDIMAGE)
    is_good = ci_tiff_fail(file, "the TIFF begins with a preview, as the raw files of cameras do: convert it");
  if (!is_good || !read_page(file)) {
    ci_tiff_close(file);
    return false;
  }
  return true;
}

void ci_tiff_close(tiff_file *file) {
  if (file->tiff) TIFFClose(file->tiff);
  file->tiff = NULL;
}

bool ci_tiff_next(tiff_file *file, bool *has_page) {
  *has_page = false;
  for (int skipped = 0; skipped <= CI_MAX_CHANNELS; skipped++) {
    if (!TIFFReadDirectory(file->tiff)) return !file->source.has_failed;
    uint32_t subfile = 0;
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_SUBFILETYPE, &subfile);
    if (file->source.has_failed) return false;
    if (subfile & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) continue;
    *has_page = true;
    return read_page(file);
  }
  return ci_tiff_fail(file, "the TIFF has too many pages");
}

bool ci_tiff_count(tiff_file *file, int *pages, bool *are_channels) {
  tiff_page first = file->page;
  *are_channels = first.channels == 1 && first.role == TIFF_GRAY;
  for (*pages = 1;; ++*pages) {
    bool has_page;
    if (!ci_tiff_next(file, &has_page)) return false;
    if (!has_page) break;
    if (*pages == CI_MAX_CHANNELS) return ci_tiff_fail(file, "the TIFF has too many pages");
    tiff_page page = file->page;
    if (page.width != first.width || page.height != first.height || page.channels != 1 || page.role != TIFF_GRAY ||
        page.bits != first.bits || page.type != first.type || page.orientation != first.orientation)
      *are_channels = false;
  }
  *are_channels = *are_channels && *pages > 1;
  if (TIFFCurrentDirectory(file->tiff) != 0 && (!TIFFSetDirectory(file->tiff, 0) || !read_page(file)))
    return ci_tiff_fail(file, "the TIFF's first page cannot be read again");
  return true;
}

int ci_tiff_planes(const tiff_page *first, int pages, bool are_channels) {
  return are_channels ? pages : first->role == TIFF_INDEX ? 3 : first->channels;
}
