import Foundation
import SegmentationImage
import TestSupport
import Testing

/// `rtseg predict` on videos. ffmpeg makes them and looks at the results.
@Suite(.enabled(if: FFmpegProgram.isThere)) struct PredictVideoTests {
  let files: ProgramFolder

  init() throws {
    files = try ProgramFolder()
    try files.writeWeights(of: "fssnet", to: "weights.safetensors")
  }

  private func arguments(_ input: String, _ output: String) -> [String] {
    [
      "predict", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--threads", "1", "--input",
      input, "--output", output,
    ]
  }

  private func predict(_ input: String, to output: String, _ more: String...) throws -> Program.Result {
    try Program.run(arguments(files.path(input), files.path(output)) + more)
  }

  private func draw(_ name: String, size: String = "96x64", seconds: Double = 1, _ more: String...) throws {
    try FFmpegProgram.run(
      ["-f", "lavfi", "-i", "testsrc2=s=\(size):r=10:d=\(seconds)"] + more + ["file:\(files.path(name))"])
  }

  /// A video with sound of another length.
  private func drawWithSound(_ name: String, sound: String, _ more: String...) throws {
    try FFmpegProgram.run(
      ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=1.2", "-f", "lavfi", "-i", "sine=d=1.5", "-c:a", sound] + more
        + ["file:\(files.path(name))"])
  }

  private func probe(_ name: String, _ section: String, _ entries: String) throws -> [String] {
    try FFmpegProgram.probe(files.path(name), section, entries)
  }

  // MARK: - Results

  @Test func aVideoKeepsItsTimesItsSoundAndItsForm() throws {
    try drawWithSound(
      "a.mp4", sound: "aac", "-vf", "settb=1/100,setpts=N*N+N,setsar=4/3", "-fps_mode", "passthrough",
      "-enc_time_base", "1:100", "-pix_fmt",
      "yuv420p",
      "-color_range", "tv", "-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "bt709")
    let result = try predict("a.mp4", to: "out.mp4")
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.contains("labelled 12 frames in ") && result.output.contains(" times real time; kernels"))
    #expect(try probe("out.mp4", "packet", "pts_time").sorted() == probe("a.mp4", "packet", "pts_time").sorted())
    let form = "width,height,sample_aspect_ratio,color_range,color_space,color_transfer,color_primaries"
    #expect(try probe("out.mp4", "stream", form) == probe("a.mp4", "stream", form))
    #expect(
      try FFmpegProgram.checksum(files.path("out.mp4"), streams: "a")
        == FFmpegProgram.checksum(files.path("a.mp4"), streams: "a"))
    #expect(files.tree("") == ["a.mp4", "out.mp4", "weights.safetensors"])
  }

  @Test func soundThatTheContainerDoesNotTakeIsLeftOutWithALine() throws {
    try drawWithSound("a.mkv", sound: "pcm_s16le")
    let result = try predict("a.mkv", to: "out.webm")
    #expect(result.status == 0 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.hasPrefix("rtseg: the sound is left out: "), "\(result.errors)")
    #expect(try probe("out.webm", "packet", "size").count == 12)
  }

  @Test(arguments: ["97x65", "95x64", "96x63"]) func sizesMayBeOdd(size: String) throws {
    try draw("a.mkv", seconds: 0.5, "-vf", "scale=\(size)", "-c:v", "ffv1", "-pix_fmt", "yuv420p")
    for output in ["out.mp4", "out.mkv"] {
      let result = try predict("a.mkv", to: output)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("4:4:4"))
      #expect(try probe(output, "stream", "width,height") == [size.replacing("x", with: ",")])
    }
  }

  /// The masks of frames are those of the same pictures as images.
  @Test(arguments: ["96x64", "120x80"]) func framesHaveTheMasksOfImages(size: String) throws {
    // A network that was compiled for one size resizes the others.
    let compiled = try Program.run(
      "compile", files.path("weights.safetensors"), "--model", "fssnet", "--size", "64x96", "--output",
      files.path("net.rtseg"))
    #expect(compiled.status == 0, "\(compiled.errors)")
    try draw("a.mkv", size: size, seconds: 0.3, "-c:v", "ffv1", "-pix_fmt", "gbrp")
    try files.makeFolder("photos")
    try FFmpegProgram.run(
      "-i", files.path("a.mkv"), "-start_number", "0", files.path("photos") + "/%06d.png")
    func label(_ input: String, _ output: String) throws {
      let result = try Program.run(
        "predict", "--checkpoint", files.path("net.rtseg"), "--input", files.path(input), "--output",
        files.path(output), "--save", "ids", "--threads", "1")
      #expect(result.status == 0, "\(result.errors)")
    }
    try label("photos", "images")
    try label("a.mkv", "frames")
    #expect(files.tree("frames") == ["000000.png", "000001.png", "000002.png", "timestamps.csv"])
    let list = try String(contentsOf: files.url.appending(path: "frames/timestamps.csv"), encoding: .utf8)
    #expect(list == "frame,seconds,ticks\n0,0.000000,0\n1,0.100000,100\n2,0.200000,200\n")
    for name in ["000000.png", "000002.png"] {
      let (a, b) = (
        try Mask(contentsOf: files.url.appending(path: "images/\(name)")),
        try Mask(contentsOf: files.url.appending(path: "frames/\(name)"))
      )
      #expect(a.size == b.size)
      let equal = zip(a.values, b.values).count { $0 == $1 }
      // Colors may differ by rounding.
      #expect(equal * 100 >= a.values.count * 97, "\(equal) of \(a.values.count)")
    }
  }

  @Test func classNumbersAreKeptWithoutLoss() throws {
    try draw("a.mkv", seconds: 0.3, "-c:v", "ffv1", "-pix_fmt", "yuv420p")
    #expect(try predict("a.mkv", to: "frames", "--save", "ids,overlay").status == 0)
    #expect(files.tree("frames").count == 7)
    let expected = try (0..<3).flatMap {
      try Mask(contentsOf: files.url.appending(path: "frames/00000\($0)_ids.png")).values
    }
    for output in ["ids.mkv", "ids.mp4"] {
      #expect(try predict("a.mkv", to: output, "--save", "ids").status == 0)
      let values = try FFmpegProgram.run("-i", files.path(output), "-f", "rawvideo", "-pix_fmt", "gray", "-")
      #expect(Array(values) == expected, "\(output)")
    }
    let stream = try Program.shell(
      """
      cd '\(files.url.path)' && "$RTSEG" predict --model fssnet --checkpoint weights.safetensors --threads 1 --input - \
        --output - --save ids < a.mkv > ids.nut
      """)
    #expect(stream.status == 0 && stream.errors.contains("labelled 3 frames"), "\(stream.errors)")
    let values = try FFmpegProgram.run("-i", files.path("ids.nut"), "-f", "rawvideo", "-pix_fmt", "gray", "-")
    #expect(Array(values) == expected)
  }

  @Test func rawFramesAreWrittenToStandardOutput() throws {
    try draw(
      "a.mp4", "-vf", "settb=1/100,setpts=N*N+N", "-fps_mode", "passthrough",
      "-enc_time_base", "1:100", "-pix_fmt", "yuv420p")
    let result = try Program.shell(
      """
      cd '\(files.url.path)' && "$RTSEG" predict --model fssnet --checkpoint weights.safetensors --threads 1 \
        --input a.mp4 --output - --alpha 0 > out.nut
      """)
    #expect(result.status == 0 && result.errorLines.count == 1, "\(result.errors)")
    #expect(try probe("out.nut", "packet", "pts") == probe("a.mp4", "frame", "pts"))
    #expect(try probe("out.nut", "stream", "pix_fmt") == ["rgb24"])
    // A reader that has seen enough ends the program.
    let closed = try Program.shell(
      """
      cd '\(files.url.path)'; set -o pipefail; "$RTSEG" predict --model fssnet --checkpoint weights.safetensors \
        --threads 1 --input a.mp4 --output - | head -c 1000 > /dev/null
      """)
    #expect(closed.status == 141 && closed.errors.isEmpty, "\(closed.status) \(closed.errors)")
  }

  @Test func smoothingTellsHowMuchPixelsFlicker() throws {
    try draw("a.mkv", "-vf", "noise=alls=4:allf=t", "-c:v", "ffv1", "-pix_fmt", "yuv420p")
    let result = try predict("a.mkv", to: "out.mkv", "--smoothing", "0.8")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("pixels that change their class where nothing moves: "), "\(result.output)")
    let numbers = result.output.matches(of: /([0-9.]+) %/).compactMap { Double($0.1) }
    #expect(numbers.count == 2 && numbers[1] <= numbers[0], "\(result.output)")
    let refused = try predict("a.mkv", to: "out.mkv", "--smoothing", "0.8", "--save", "probability")
    #expect(refused.status == 1 && refused.errorLines.count == 1, "\(refused.errors)")
  }

  // MARK: - Names

  @Test(arguments: ["-a.mp4", "concat:a.mp4", "http:a.mp4", "a%03d.mp4", "a b'c.mp4"])
  func namesAreNamesOfFiles(name: String) throws {
    try draw(name, seconds: 0.3)
    let result = try Program.shell(
      """
      cd '\(files.url.path)' && mkdir out && "$RTSEG" predict --model fssnet --checkpoint weights.safetensors --threads 1 \
        --input="\(name)" --output="out/\(name)"
      """)
    #expect(result.status == 0, "\(result.errors)")
    #expect(files.tree("out") == [name])
    #expect(try probe("out/\(name)", "packet", "size").count == 3)
  }

  // MARK: - Refusals

  @Test func badInputGetsOneLine() throws {
    try draw("a.mp4")
    try FFmpegProgram.run("-f", "lavfi", "-i", "sine=d=0.3", files.path("sound.m4a"))
    try Data("no video".utf8).write(to: files.url.appending(path: "notes.txt"))
    try files.writeImage("photo.png")
    let cases: [(String, String, [String], Int32, String)] = [
      ("notes.txt", "out.mp4", [], 1, "neither an image (PNG, JPEG, TIFF, WebP or BMP) nor a video"),
      ("sound.m4a", "out.mp4", [], 1, "it has sound and no video"),
      ("a.mp4", "out.xyz", [], 1, "cannot write "), ("a.mp4", "none/out.mp4", [], 1, "cannot write "),
      ("a.mp4", "a.mp4", [], 1, "would replace the input"),
      ("a.mp4", "out.mp4", ["--save", "ids,color"], 1, "a video shows one product"),
      ("a.mp4", "out.mp4", ["--video-encoder", "abacus"], 1, "ffmpeg has no encoder of this name"),
      ("a.mp4", "out.mp4", ["--video-encoder", "pcm_s16le"], 1, "cannot write "),
      ("a.mp4", "frames", ["--video-encoder", "libx264"], 1, "--video-encoder is for a video file"),
      ("a.mp4", "out.gif", ["--save", "ids"], 1, "class numbers need a container"),
    ]
    for (input, output, more, status, text) in cases {
      let result = try Program.run(arguments(files.path(input), files.path(output)) + more)
      #expect(result.status == status && result.errorLines.count == 1, "\(input) \(output): \(result.errors)")
      #expect(result.errors.contains(text), "\(input) \(output): \(result.errors)")
    }
    for (input, option) in [
      ("a.mp4", ["--recursive"]), ("a.mp4", ["--fail-fast"]), ("a.mp4", ["--batch-size", "2"]),
      ("a.mp4", ["--exif-orientation", "ignore"]), ("a.mp4", ["--smoothing", "0.5", "--flip"]),
      ("photo.png", ["--smoothing", "0.5"]), ("photo.png", ["--video-encoder", "libx264"]),
    ] {
      let result = try Program.run(arguments(files.path(input), files.path("out")) + option)
      #expect(result.status == 64 && result.errors.contains(option[0]), "\(option): \(result.errors)")
    }
    #expect(!files.tree("").contains { $0.hasPrefix("out") || $0.hasPrefix(".rtseg") }, "\(files.tree(""))")
    let address = try Program.run(arguments("gopher://a/b", files.path("out.mp4")))
    #expect(address.status == 1 && address.errors.contains("expected an address"), "\(address.errors)")
  }

  @Test func withoutFFmpegALineNamesThePackage() throws {
    try draw("a.mp4")
    let result = try Program.run(
      arguments(files.path("a.mp4"), files.path("out.mp4")), environment: ["PATH": "/nowhere"])
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("install the package ffmpeg"))
  }

  @Test func aVideoThatIsCutOffIsLabelledUntilThere() throws {
    try draw("whole.mp4", size: "320x240", seconds: 3, "-c:v", "mpeg4", "-b:v", "2M", "-movflags", "+faststart")
    let bytes = try Data(contentsOf: files.url.appending(path: "whole.mp4"))
    try bytes.prefix(bytes.count / 2).write(to: files.url.appending(path: "cut.mp4"))
    let result = try predict("cut.mp4", to: "out.mp4")
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("cut.mp4: after ") && result.errors.contains("it is cut off"), "\(result.errors)")
    #expect(result.output.contains("labelled "))
    #expect(try (5...25).contains(probe("out.mp4", "packet", "size").count))
  }

  /// The system ends a program that writes a larger file than it may.
  @Test func anEncoderThatDiesGetsOneLineAndLeavesNothing() throws {
    try draw("a.mkv", size: "320x240", seconds: 3, "-vf", "noise=alls=60:allf=t", "-c:v", "mpeg4", "-b:v", "2M")
    let result = try Program.shell(
      """
      cd '\(files.url.path)' && ulimit -f 100 && "$RTSEG" predict --model fssnet --checkpoint weights.safetensors \
        --threads 1 --input a.mkv --output out.mkv 2> errors; status=$?; cat errors >&2; rm errors; exit $status
      """)
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("cannot write out.mkv: "), "\(result.errors)")
    #expect(files.tree("") == ["a.mkv", "weights.safetensors"])
  }

  // MARK: - Interruption and live sources

  /// Ctrl-C reaches a whole group of processes, of which ffmpeg is none.
  @Test(arguments: ["aac", ""]) func anInterruptedRunLeavesAVideoThatPlays(sound: String) throws {
    if sound.isEmpty { try draw("a.mp4", size: "640x480", seconds: 60, "-preset", "ultrafast") }
    if !sound.isEmpty {
      try FFmpegProgram.run(
        "-f", "lavfi", "-i", "testsrc2=s=640x480:r=10:d=60", "-f", "lavfi", "-i", "sine=d=60", "-preset", "ultrafast",
        files.path("a.mp4"))
    }
    let result = try Program.shell(
      """
      cd '\(files.url.path)'; set -m
      "$RTSEG" predict --model fssnet --checkpoint weights.safetensors --threads 1 --input a.mp4 --output out.mp4 &
      for i in $(seq 1200); do
        sleep 0.05; [ "$(cat .rtseg-*.mp4 2>/dev/null | wc -c)" -gt 60000 ] && break
      done
      { kill -INT -- -$!; wait $!; } 2> /dev/null
      """)
    #expect(result.status == 130 && result.errors.isEmpty, "\(result.status) \(result.errors)")
    #expect(result.output.contains("interrupted: labelled "), "\(result.output)")
    let count = try probe("out.mp4", "packet", "size").count
    #expect((1..<600).contains(count), "\(count)")
    try FFmpegProgram.run("-xerror", "-i", files.path("out.mp4"), "-f", "null", "-")
    // The sound ends with the frames.
    let durations = try FFmpegProgram.probe(
      files.path("out.mp4"), "stream", "duration", streams: sound.isEmpty ? "v" : "a")
    #expect(durations.count == 1 && abs(Double(durations[0])! - Double(count) / 10) < 0.2, "\(durations) \(count)")
    #expect(files.tree("") == ["a.mp4", "out.mp4", "weights.safetensors"])
  }

  /// A stream of 60 large frames per second is faster than one thread.
  @Test func aLiveSourceIsNotWaitedFor() throws {
    let port = 20000 + Int.random(in: 0..<20000)
    let result = try Program.shell(
      """
      cd '\(files.url.path)'
      ffmpeg -nostdin -v error -re -f lavfi -i testsrc2=s=1280x960:r=60 -c:v mpeg2video -q:v 20 -g 10 -f mpegts \
        'udp://127.0.0.1:\(port)?pkt_size=1316' & sender=$!
      "$RTSEG" predict --model fssnet --checkpoint weights.safetensors --threads 1 \
        --input 'udp://127.0.0.1:\(port)?buffer_size=8000000&fifo_size=100000&overrun_nonfatal=1' \
        --output out.mkv & run=$!
      for i in $(seq 600); do
        sleep 0.1; [ "$(cat .rtseg-*.mkv 2>/dev/null | wc -c)" -gt 60000 ] && break
        kill -0 $run 2>/dev/null || break
      done
      # A test's thread blocks most signals, and the sender inherits that.
      kill -INT $run; wait $run; status=$?; kill -KILL $sender; exit $status
      """)
    #expect(result.status == 130, "\(result.status) \(result.errors)")
    let line = try #require(result.output.firstMatch(of: /labelled (\d+) frames, dropped (\d+) in/), "\(result.output)")
    #expect(try probe("out.mkv", "packet", "size").count <= Int(line.1)! && Int(line.2)! > 0)
  }

  @Test func aSilentAddressGetsOneLine() throws {
    let result = try Program.run(arguments("tcp://127.0.0.1:9", files.path("out.mp4")))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("no video that ffmpeg can read"), "\(result.errors)")
  }
}
