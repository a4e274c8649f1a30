#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>
#include <webp/decode.h>

#include "CImageCodecs.h"

#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)

#ifdef LIBJPEG_TURBO_VERSION
#define JPEG_TEXT "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION)
#else
#define JPEG_TEXT "libjpeg " TEXT(JPEG_LIB_VERSION)
#endif

const char *ci_versions(void) {
  static _Thread_local char text[160];
  // libtiff's version is the first line of a longer text, "LIBTIFF, Version 4.5.0".
  const char *tiff = TIFFGetVersion(), *number = strstr(tiff, "Version ");
  number = number ? number + 8 : tiff;
  int webp = WebPGetDecoderVersion();
  snprintf(text, sizeof text, "%s, libpng %s, libtiff %.*s, libwebp %d.%d.%d", JPEG_TEXT, PNG_LIBPNG_VER_STRING,
           (int)strcspn(number, "\r\n"), number, webp >> 16 & 255, webp >> 8 & 255, webp & 255);
  return text;
}
