import SegmentationImage
import SegmentationInference
import SegmentationVideo
import Testing

@Suite struct SmoothingTests {
  private let size = ImageSize(height: 2, width: 2)

  private func scores(_ values: [Float]) -> ScoreMap {
    ScoreMap(size: size, classes: 2, values: values.flatMap { [$0, 1 - $0] })
  }

  /// The average of 0.9 and 0.2 with a share of 0.8 is 0.76, then with 0.1 it is 0.628, and with 0 it is 0.502 and 0.402.
  @Test func scoresAreAveragedExponentially() throws {
    let average = try ScoreAverage(share: 0.8, threads: 2)
    var classes: [[UInt8]] = []
    for value: Float in [0.9, 0.2, 0.1, 0, 0] {
      let (raw, smoothed) = try average.add(scores([value, 0.9, 0.1, value]), size: size)
      classes.append(raw.values + smoothed.values)
    }
    #expect(classes[0] == [0, 0, 1, 0, 0, 0, 1, 0])
    #expect(classes[1] == [1, 0, 1, 1, 0, 0, 1, 0])
    #expect(classes[3] == [1, 0, 1, 1, 0, 0, 1, 0])
    #expect(classes[4] == [1, 0, 1, 1, 1, 0, 1, 1])
  }

  @Test func classesHaveTheSizeOfTheFrame() throws {
    let average = try ScoreAverage(share: 0.5, threads: 1)
    let (raw, _) = try average.add(scores([1, 0, 1, 0]), size: ImageSize(height: 6, width: 8))
    #expect(raw.size == ImageSize(height: 6, width: 8))
    #expect(raw[0, 0] == 0 && raw[7, 5] == 1)
  }

  /// Half of the frame moves. Of the other half, one of four pixels changes its class in every second frame.
  @Test func flickerIsCountedWhereNothingMoves() {
    var meter = FlickerMeter()
    let (height, width) = (32, 32)
    for number in 0..<5 {
      let luma = (0..<height * width).map { index -> UInt8 in index % width < 16 ? 100 : number % 2 == 0 ? 50 : 90 }
      let classes = (0..<height * width).map { index -> UInt8 in
        index % width < 16 ? (index % 4 == 0 && number % 2 == 1 ? 1 : 0) : UInt8(number)
      }
      let still = [UInt8](repeating: 0, count: height * width)
      let frame = VideoFrame(
        size: ImageSize(height: height, width: width), isHalved: false, planes: luma + luma + luma, time: 0)
      meter.add(
        frame, raw: Mask(height: height, width: width, values: classes),
        smoothed: Mask(height: height, width: width, values: still))
    }
    #expect(meter.flicker?.before == 0.25)
    #expect(meter.flicker?.after == 0)
  }
}
