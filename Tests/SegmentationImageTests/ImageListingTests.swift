import Files
import Foundation
import SegmentationImage
import TestSupport
import Testing

@Suite struct ImageListingTests {
  private func makeFiles(_ names: [String], in folder: URL) throws {
    for name in names {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: file)
    }
  }

  @Test func `what is not an image is counted by kind`() throws {
    try withTemporaryFolder { folder in
      try makeFiles(
        [
          "b.png", "a.JPG", "c.jpeg", "d.TIF", "e.tiff", "f.webp", "g.bmp", "h.gif", "i.GIF", "j.heic", "readme",
          ".DS_Store", "below/g.png",
        ], in: folder)
      #expect(mkfifo(folder.appending(path: "pipe.png").path, 0o600) == 0)
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: "gone.png").path, withDestinationPath: "nowhere")
      let listing = try ImageListing(of: folder.path)
      #expect(listing.images == ["a.JPG", "b.png", "c.jpeg", "d.TIF", "e.tiff", "f.webp", "g.bmp"])
      #expect(
        listing.omissions.line("photos")
          == "photos: left out 1 broken link, 1 folder, 1 hidden file, 1 pipe, socket or device, 2 .gif files, "
          + "1 .heic file and 1 file without an extension (only PNG, JPEG, TIFF, WebP and BMP are read)")
    }
  }

  @Test func `nothing left out is no line`() throws {
    try withTemporaryFolder { folder in
      try makeFiles(["a.png"], in: folder)
      let listing = try ImageListing(of: folder.path)
      #expect(listing.omissions.isEmpty)
      #expect(listing.omissions.line("photos") == nil)
    }
  }

  @Test func `folders below are listed once, also through links that lead above`() throws {
    try withTemporaryFolder { folder in
      try makeFiles(["a.png", "below/deep/b.png", "below/c.txt"], in: folder)
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: "below/up").path, withDestinationPath: folder.path)
      let listing = try ImageListing(of: folder.path, isRecursive: true)
      #expect(listing.images == ["a.png", "below/deep/b.png"])
      #expect(listing.omissions.line("x") == "x: left out 1 .txt file (only PNG, JPEG, TIFF, WebP and BMP are read)")
    }
  }

  @Test func `a PNG of another name is an image for those who look inside`() throws {
    try withTemporaryFolder { folder in
      try Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]).write(to: folder.appending(path: "photo.dat"))
      #expect(try ImageListing(of: folder.path).images == [])
      #expect(try ImageListing(of: folder.path, looksInside: true).images == ["photo.dat"])
    }
  }

  /// The raw files of cameras begin as TIFF files do, and lie beside the JPEG files of the same pictures.
  @Test func `a TIFF of another name is an image only without an ending`() throws {
    try withTemporaryFolder { folder in
      for name in ["scan", "photo.nef"] { try Data("II*\0".utf8).write(to: folder.appending(path: name)) }
      #expect(try ImageListing(of: folder.path, looksInside: true).images == ["scan"])
    }
  }

  @Test func `names of any bytes are listed and open their files`() throws {
    try withTemporaryFolder { folder in
      let name = FileName.text([0x61, 0xE9] + Array(".png".utf8))
      try AtomicFile.write(to: "\(folder.path)/\(name)") { try $0.write([1, 2, 3]) }
      let listing = try ImageListing(of: folder.path)
      #expect(listing.images == [name])
      #expect(try InputFile.contents(of: "\(folder.path)/\(listing.images[0])", limit: 10) == [1, 2, 3])
    }
  }

  @Test func `a folder that is not there is named`() {
    #expect(
      message { _ = try ImageListing(of: "no/such/folder") }
        == "cannot list no/such/folder: No such file or directory")
  }

  @Test(arguments: [
    ("a.png", "a", "png"), ("a.b.JPG", "a.b", "jpg"), (".png", ".png", ""), ("x.y/z", "x.y/z", ""),
    ("x.y/z.Png", "x.y/z", "png"),
  ])
  func `names are split at the last dot`(name: String, stem: String, fileExtension: String) {
    let parts = ImageListing.stemAndExtension(name)
    #expect(parts.stem == stem && parts.fileExtension == fileExtension)
  }
}
