// Prints what a program is and what it finds in a gray image: swift run classes street.rtseg
import Crtseg

func check(_ status: rtseg_status) { if status != RTSEG_OK { fatalError(String(cString: rtseg_error_message())) } }

var (program, context): (OpaquePointer?, OpaquePointer?)
check(rtseg_program_open(CommandLine.arguments[1], &program))
var description = rtseg_description()
check(rtseg_describe(program, &description))
check(rtseg_context_create(program, nil, &context))
let size = description.sizes[0]
let pixels = [UInt8](repeating: 128, count: Int(size.height * size.width))
var classes = pixels
pixels.withUnsafeBufferPointer { pixels in
  classes.withUnsafeMutableBytes { classes in
    var image = rtseg_image(
      format: RTSEG_GRAY, height: size.height, width: size.width, data: (pixels.baseAddress, nil), stride: (0, 0))
    var result = rtseg_result(
      kind: RTSEG_CLASSES, height: size.height, width: size.width, data: classes.baseAddress, stride: 0)
    check(rtseg_run(context, &image, &result, 1))
  }
}
print("\(String(cString: description.network)), \(size.height)x\(size.width): classes \(Set(classes).sorted())")
rtseg_context_destroy(context)
rtseg_program_close(program)
