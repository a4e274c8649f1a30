import CRuntime
import Testing

/// Programs for images that are no RGB.
@Suite struct ChannelImageTests {
  private static let means = [0.1, 0.2, 0.3, 0.4, 0.5]
  private static let size = (height: 2, width: 3)

  /// A network whose two scores are the second and the fifth channel.
  private func program(type: UInt8, channels: Int = 5) -> [UInt8] {
    var writer = ProgramWriter()
    writer.version = 2
    writer.channels = (type, Self.means.prefix(channels).map { ($0, 0.25) })
    let weight = writer.weight([0, 1, 0, 0, 0, 0, 0, 0, 0, 1], [2, 5, 1, 1])
    var plan = ProgramWriter.Plan(height: Self.size.height, width: Self.size.width)
    let input = plan.tensor([Self.size.height, Self.size.width, 5])
    plan.scores = plan.tensor([Self.size.height, Self.size.width, 2])
    plan.add(1, [input], [plan.scores], ProgramWriter.convolution(weight: weight))
    writer.plans = [plan]
    return writer.bytes
  }

  /// The scores of an image, or the line of the refusal.
  private func run<Value>(
    _ bytes: [UInt8], _ pixels: [Value], format: rtseg_format, height: Int = size.height
  ) -> (scores: [Float], refusal: String) {
    bytes.withUnsafeBytes { memory in
      var (program, context): (OpaquePointer?, OpaquePointer?)
      var options = rtseg_options()
      (options.threads, options.kinds) = (1, 1 << UInt32(RTSEG_SCORES.rawValue))
      guard rtseg_program_open_memory(memory.baseAddress, memory.count, &program) == RTSEG_OK else {
        return ([], String(cString: rtseg_error_message()))
      }
      defer { rtseg_program_close(program) }
      guard rtseg_context_create(program, &options, &context) == RTSEG_OK else {
        return ([], String(cString: rtseg_error_message()))
      }
      defer { rtseg_context_destroy(context) }
      var scores = [Float](repeating: -9, count: Self.size.height * Self.size.width * 2)
      let status = pixels.withUnsafeBytes { pixels in
        scores.withUnsafeMutableBytes { scores in
          var image = rtseg_image()
          (image.format, image.height, image.width) = (format, Int32(height), Int32(Self.size.width))
          image.data.0 = pixels.baseAddress!.assumingMemoryBound(to: UInt8.self)
          var result = rtseg_result(
            kind: RTSEG_SCORES, height: Int32(Self.size.height), width: Int32(Self.size.width),
            data: scores.baseAddress, stride: 0)
          return rtseg_run(context, &image, &result, 1)
        }
      }
      return status == RTSEG_OK ? (scores, "") : ([], String(cString: rtseg_error_message()))
    }
  }

  /// (value / white - mean) / std of the two channels.
  private func expected(_ values: [Double], white: Double) -> [Float] {
    (0..<6).flatMap { pixel in
      [1, 4].map { channel in
        let value = values[pixel * 5 + channel]
        return value.isFinite ? Float((value / white - Self.means[channel]) / 0.25) : 0
      }
    }
  }

  @Test func channelsAreNormalizedOnTheScaleOfTheirType() {
    let bytes = (0..<30).map { UInt8($0 * 8) }
    #expect(
      run(program(type: 0), bytes, format: RTSEG_CHANNELS_UINT8).scores == expected(bytes.map(Double.init), white: 255))
    let wide = (0..<30).map { UInt16($0 * 2000) }
    #expect(
      run(program(type: 1), wide, format: RTSEG_CHANNELS_UINT16).scores == expected(wide.map(Double.init), white: 65535)
    )
    var floats = (0..<30).map { Float($0) * 0.7 - 9 }
    (floats[1], floats[9]) = (.nan, .infinity)
    let program = program(type: 2)
    #expect(run(program, floats, format: RTSEG_CHANNELS_FLOAT32).scores == expected(floats.map(Double.init), white: 1))
    // Floats stand for every type.
    #expect(run(program, wide, format: RTSEG_CHANNELS_UINT16).scores == expected(wide.map(Double.init), white: 1))
  }

  @Test func otherImagesAndProgramsAreRefused() {
    let wide = [UInt16](repeating: 0, count: 60)
    let program = program(type: 1)
    #expect(
      run(program, wide, format: RTSEG_RGB).refusal
        == "the image's format is 0: the network takes 5 channels of type uint16, the format 5")
    #expect(
      run(program, wide, format: RTSEG_CHANNELS_UINT16, height: 4).refusal
        == "the image is 4x3, the context was made for 2x3, and only RGB is resized")
    #expect(
      run(self.program(type: 1, channels: 4), wide, format: RTSEG_CHANNELS_UINT16).refusal.contains(
        "its input is no map of the image's channels that has room for it"))
    #expect(run(self.program(type: 3), wide, format: RTSEG_CHANNELS_UINT16).refusal.contains("the type of pixels"))
    #expect(
      run(SampleNetwork().program.bytes, wide, format: RTSEG_CHANNELS_UINT16).refusal
        == "the network takes RGB, not channels of its own")
  }
}
