// Writes the class map of an image, a binary PPM file, as a PGM file:
//
//     cc -std=c11 label.c $(pkg-config --cflags --libs rtseg) -o label
//     ./label street.rtseg photo.ppm classes.pgm
//
// The image must have the first size that the program was compiled for.
#include <rtseg.h>
#include <stdio.h>
#include <stdlib.h>

static void check(rtseg_status status) {
  if (status == RTSEG_OK) return;
  fprintf(stderr, "label: %s\n", rtseg_error_message());
  exit(1);
}

static void stop(const char *path, const char *problem) {
  fprintf(stderr, "label: %s: %s\n", path, problem);
  exit(1);
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: label PROGRAM.rtseg IMAGE.ppm CLASSES.pgm\n");
    return 64;
  }
  rtseg_program *program;
  check(rtseg_program_open(arguments[1], &program));
  rtseg_description description;
  check(rtseg_describe(program, &description));
  rtseg_size size = description.sizes[0];

  FILE *file = fopen(arguments[2], "rb");
  if (!file) stop(arguments[2], "the file cannot be read");
  int width, height;
  if (fscanf(file, "P6 %d %d 255", &width, &height) != 2 || fgetc(file) != '\n') stop(arguments[2], "this is no PPM file");
  if (width != size.width || height != size.height) stop(arguments[2], "the program is for images of another size");
  size_t pixels = (size_t)size.width * (size_t)size.height;
  unsigned char *image = malloc(pixels * 3), *classes = malloc(pixels);
  if (!image || !classes) stop(arguments[2], "the memory does not suffice");
  if (fread(image, 3, pixels, file) != pixels) stop(arguments[2], "the pixels end too early");
  fclose(file);

  // NULL: one thread per core, classes only.
  rtseg_context *context;
  check(rtseg_context_create(program, NULL, &context));
  rtseg_image input = {.format = RTSEG_RGB, .height = size.height, .width = size.width, .data = {image}};
  rtseg_result result = {.kind = RTSEG_CLASSES, .height = size.height, .width = size.width, .data = classes};
  check(rtseg_run(context, &input, &result, 1));

  file = fopen(arguments[3], "wb");
  if (!file) stop(arguments[3], "the file cannot be written");
  fprintf(file, "P5\n%d %d\n255\n", size.width, size.height);
  if (fwrite(classes, 1, pixels, file) != pixels || fclose(file)) stop(arguments[3], "the file cannot be written");

  for (int i = 0; i < description.class_count; ++i) {
    size_t found = 0;
    for (size_t pixel = 0; pixel < pixels; ++pixel) found += classes[pixel] == i;
    const char *name;
    unsigned char color[3];
    check(rtseg_class(program, i, &name, color));
    if (found) printf("%s: %zu pixels\n", name, found);
  }
  free(classes);
  free(image);
  rtseg_context_destroy(context);
  rtseg_program_close(program);
  return 0;
}
