#include <rtseg.h>
