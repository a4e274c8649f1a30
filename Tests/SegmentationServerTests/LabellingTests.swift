import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationServer
import TestSupport
import Testing
import Torch

/// Images in, labels out.
@Suite struct LabellingTests {
  private let address = "/v1/models/net:predict"

  private func file(_ data: Data, _ name: String) throws -> (TemporaryFolder, URL) {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: name)
    try data.write(to: url)
    return (folder, url)
  }

  @Test(arguments: [(32, 48), (21, 30), (80, 64)]) func `a mask has the size and the classes that predict gives`(
    height: Int, width: Int
  ) async throws {
    let photo = TestServer.photo(height, width)
    let expected = try TestServer.expected(photo)
    let answer = try #require(try await TestServer.shared.value.send("POST", address, body: photo.png()))
    #expect(answer.status == 200 && answer.headers["content-type"] == "image/png", "\(answer.text)")
    let (folder, url) = try file(answer.body, "mask.png")
    #expect(try Mask(contentsOf: url) == expected.classes)
    // The palette gives the picture its colors.
    #expect(try Image(contentsOf: url) == expected.colored)
    #expect(answer.headers["x-image-size"] == "\(height)x\(width)" && answer.headers["x-model"] == "net")
    let shares = try #require(answer.headers["x-class-shares"]).split(separator: ",").compactMap { Double($0) }
    #expect(shares.count == 5 && abs(shares.reduce(0, +) - 1) < 1e-4)
    #expect(answer.headers["server-timing"]?.contains("inference;dur=") == true)
    withExtendedLifetime(folder) {}
  }

  @Test func `JPEG files and forms are read too`() async throws {
    let photo = TestServer.photo(32, 48)
    let jpeg = try photo.jpeg()
    let (folder, url) = try file(jpeg, "photo.jpg")
    let expected = try TestServer.expected(Image(contentsOf: url)).classes
    let server = try await TestServer.shared.value
    let plain = try #require(try await server.send("POST", address + "?format=ids", body: jpeg))
    let form =
      Data("--xyz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--xyz\r\n".utf8)
      + Data("Content-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n".utf8) + jpeg
      + Data("\r\n--xyz--\r\n".utf8)
    let sent = try #require(
      try await server.send(
        "POST", address + "?format=ids", body: form, headers: ["Content-Type": "multipart/form-data; boundary=\"xyz\""])
    )
    #expect(plain.status == 200 && sent.status == 200, "\(sent.text)")
    #expect(plain.body == sent.body)
    let (other, ids) = try file(plain.body, "ids.png")
    #expect(try Mask(contentsOf: ids) == expected)
    withExtendedLifetime((folder, other)) {}
  }

  @Test func `an overlay has the opacity that is asked for`() async throws {
    let photo = TestServer.photo(32, 48)
    let answer = try #require(
      try await TestServer.shared.value.send("POST", address + "?format=overlay&alpha=0.7", body: photo.png()))
    let (folder, url) = try file(answer.body, "overlay.png")
    #expect(try Image(contentsOf: url) == TestServer.expected(photo).overlay(alpha: 0.7))
    withExtendedLifetime(folder) {}
  }

  @Test func `JSON tells each class with its share and its run lengths`() async throws {
    let photo = TestServer.photo(32, 48)
    let expected = try TestServer.expected(photo).classes
    let answer = try #require(
      try await TestServer.shared.value.send(
        "POST", address, body: photo.png(), headers: ["Accept": "text/html;q=0.9, application/json;q=0.8"]))
    #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
    let classes = try #require(try answer.json["classes"] as? [[String: Any]])
    #expect(classes.count == Set(expected.values).count)
    for found in classes {
      let id = try #require(found["id"] as? Int)
      let area = expected.values.count { Int($0) == id }
      #expect(found["name"] as? String == "class-\(id)" && found["area"] as? Int == area)
      #expect(abs((found["share"] as? Double ?? 0) - Double(area) / Double(expected.values.count)) < 1e-9)
      let segmentation = try #require(found["segmentation"] as? [String: Any])
      #expect(segmentation["counts"] as? String == RunLengths(expected).counts[id])
    }
  }

  @Test func `probabilities come as a numpy file, and those of one class as gray`() async throws {
    let photo = TestServer.photo(32, 48)
    let expected = try Predictor(TestServer.program).predict(photo).probabilities
    let server = try await TestServer.shared.value
    let all = try #require(
      try await server.send("POST", address, body: photo.png(), headers: ["Accept": "application/x-npy"]))
    let (folder, url) = try file(all.body, "p.npy")
    #expect(try Npy.read(url).equals(expected))
    let one = try #require(try await server.send("POST", address + "?format=score&class=class-3", body: photo.png()))
    let (other, gray) = try file(one.body, "gray.png")
    let values = (expected.select(3, dimension: 1) * 255).round().to(dtype: .uint8).elements(UInt8.self)
    #expect(try Mask(contentsOf: gray).values == values)
    withExtendedLifetime((folder, other)) {}
  }

  @Test func `requests on one connection are answered one after the other`() async throws {
    let photo = try TestServer.photo(32, 48).png()
    let client = try HTTPClient(port: await TestServer.shared.value.port)
    let request = Data(TestServer.head("POST", address, length: photo.count).utf8) + photo
    await client.send(request)
    let first = try #require(await client.answer())
    await client.send(TestServer.head("POST", address, length: photo.count, ["Expect": "100-continue"]))
    await client.send(photo)
    let second = try #require(await client.answer())
    #expect(first.status == 200 && second.status == 200 && first.body == second.body)
  }
}

/// The numbers are pycocotools 2.0.11's.
@Suite struct RunLengthsTests {
  @Test func `run lengths are those of pycocotools`() {
    let values: [UInt8] = (0..<12 * 17).map { index in
      let (x, y): (Int, Int) = (index % 17, index / 17)
      return UInt8((x / 3 + y * y / 4) % 4)
    }
    let mask = Mask(height: 12, width: 17, values: values)
    let runs = RunLengths(mask)
    #expect(
      runs.counts == [
        0: "022O020O0O020O0O02W1NhN040N0N040N0N040M01000000000000000N11O020O0O020O0O02h0",
        1: "213000000000000000N11O020O0O020O0O02W1NhN040N0N040N0N040M01000000000000000N11O020O0O020",
        2: "311040N0N040N0N040M01000000000000000N11O020O0O020O0O02W1NhN040N0N040N0N040M01000000000N",
        3: "W111040N0N040N0N040M01000000000000000N11O020O0O020O0O02W1NhN040N0N040",
      ])
    #expect(runs.areas == [0: 54, 1: 57, 2: 51, 3: 42])
    #expect(runs.boxes == [0: [0, 0, 15, 12], 1: [0, 0, 17, 12], 2: [0, 0, 17, 12], 3: [3, 0, 14, 12]])
  }

  @Test func `a disc and the ground around it`() {
    let values: [UInt8] = (0..<40 * 50).map { index in
      let (x, y): (Int, Int) = (index % 50 - 25, index / 50 - 18)
      return x * x + y * y < 200 ? 7 : 0
    }
    let mask = Mask(height: 40, width: 50, values: values)
    let runs = RunLengths(mask)
    #expect(
      runs.counts == [
        0: "0Y>3hB8J4M2N2N2N2N2O0O2O00000O2O0001N1000001N101N2N2N2N2N3L6HS<",
        7: "Y>3Q18J4M2N2N2N2N2O0O2O00000O2O0001N1000001N101N2N2N2N2N3L6HS<",
      ])
    #expect(runs.areas == [0: 1379, 7: 621])
    #expect(runs.boxes == [0: [0, 0, 50, 40], 7: [11, 4, 29, 29]])
  }
}
