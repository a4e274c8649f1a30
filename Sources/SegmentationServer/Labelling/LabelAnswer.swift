import Foundation
import HTTPTypes
import Hummingbird
import SegmentationImage
import SegmentationInference

/// The labels of an image as a client gets them.
struct LabelAnswer: Sendable {
  let content: Data
  let size: ImageSize
  /// The share of each class in the image's pixels, by number; `nil` if the classes were not looked at.
  let shares: [Double]?
  let times: LabelTimes

  func response(_ request: LabelRequest) -> Response {
    var headers: HTTPFields = [
      .contentType: request.format.contentType, .cacheControl: "no-store", .model: request.model.name,
      .imageSize: "\(size)", .serverTiming: times.header,
    ]
    if let shares { headers[.classShares] = shares.map { String(format: "%.6g", $0) }.joined(separator: ",") }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: content)))
  }
}

/// How long the parts of an answer took, in seconds.
struct LabelTimes: Sendable {
  var queue = 0.0
  var decoding = 0.0
  var inference = 0.0
  var encoding = 0.0

  /// The header `Server-Timing`, which browsers show.
  var header: String {
    [("queue", queue), ("decode", decoding), ("inference", inference), ("encode", encoding)]
      .map { "\($0.0);dur=\(String(format: "%.2f", $0.1 * 1000))" }.joined(separator: ", ")
  }
}

/// The JSON form of an answer.
struct LabelledClasses: Encodable {
  struct Segmentation: Encodable {
    /// The height and the width.
    let size: [Int]
    let counts: String
  }

  struct Class: Encodable {
    let id: Int
    let name: String
    let color: [Int]
    let area: Int
    let share: Double
    let bbox: [Int]
    let segmentation: Segmentation
  }

  struct Times: Encodable {
    let queue, decode, inference: Double
  }

  let model: String
  let height: Int
  let width: Int
  let classes: [Class]
  /// In milliseconds.
  let milliseconds: Times

  init(_ mask: Mask, _ model: ModelDescription, _ times: LabelTimes) {
    let runs = RunLengths(mask)
    self.model = model.name
    (height, width) = (mask.height, mask.width)
    classes = runs.areas.sorted { $0.key < $1.key }.map { id, area in
      Class(
        id: id, name: model.className(id), color: model.color(id), area: area,
        share: Double(area) / Double(mask.values.count), bbox: runs.boxes[id]!,
        segmentation: Segmentation(size: [mask.height, mask.width], counts: runs.counts[id]!))
    }
    milliseconds = Times(
      queue: times.queue * 1000, decode: times.decoding * 1000, inference: times.inference * 1000)
  }
}
