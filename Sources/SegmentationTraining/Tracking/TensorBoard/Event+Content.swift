import SegmentationImage

extension Rtseg_Event {
  /// An event that says that a run begins or resumes at a step. TensorBoard then forgets what it has read about this
  /// step and later ones.
  package static func start(step: Int) -> Rtseg_Event {
    with {
      $0.step = Int64(step)
      $0.sessionLog.status = .start
    }
  }

  /// An event with named numbers.
  package static func numbers(_ numbers: [(name: String, value: Double)], step: Int) -> Rtseg_Event {
    with {
      $0.step = Int64(step)
      $0.summary.value = numbers.map { number in
        .with {
          $0.tag = number.name
          $0.simpleValue = Float(number.value)
        }
      }
    }
  }

  /// An event with named images.
  /// - Throws: `ImageError` if an image cannot be encoded.
  package static func images(_ images: [(name: String, image: Image)], step: Int) throws -> Rtseg_Event {
    try with {
      $0.step = Int64(step)
      $0.summary.value = try images.map { name, image in
        try .with {
          $0.tag = name
          $0.image.height = Int32(image.height)
          $0.image.width = Int32(image.width)
          $0.image.colorSpace = 3
          $0.image.png = try .init(image.png())
        }
      }
    }
  }

  /// An event with a text in Markdown.
  package static func text(_ text: String, name: String, step: Int) -> Rtseg_Event {
    with {
      $0.step = Int64(step)
      $0.summary.value = [
        .with {
          $0.tag = name
          $0.metadata.plugin.name = "text"
          $0.tensor.dataType = 7
          $0.tensor.shape = .init()
          $0.tensor.text = [.init(text.utf8)]
        }
      ]
    }
  }
}
