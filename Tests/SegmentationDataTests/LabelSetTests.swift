import SegmentationData
import SegmentationImage
import Testing

@Suite struct LabelSetTests {
  @Test func cityscapesIdsAreThePublishedOnes() {
    guard case .values(let map) = LabelSet.cityscapes.encoding else { return #expect(Bool(false)) }
    // {l.id: l.trainId for l in cityscapesscripts.helpers.labels.labels}; -1 is 255 in PNG files
    let trainIds: [UInt8] = [
      255, 255, 255, 255, 255, 255, 255, 0, 1, 255, 255, 2, 3, 4, 255, 255, 255, 5, 255, 6, 7, 8, 9, 10, 11, 12, 13,
      14, 15, 255, 255, 16, 17, 18,
    ]
    #expect(map.count == 35)
    for (id, trainId) in trainIds.enumerated() { #expect(map[UInt16(id)] == trainId) }
    #expect(map[255] == 255)
    #expect(
      LabelSet.cityscapes.rawValues == [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33])
    #expect(LabelSet.cityscapes.classes[13] == ClassInfo("car", RGB(0, 0, 142)))
    #expect(LabelSet.cityscapes.palette[10] == RGB(70, 130, 180))
    #expect(LabelSet.cityscapes.palette[255] == .black)
  }

  @Test func camVidHasElevenClasses() {
    #expect(LabelSet.camVid.names.count == 11)
    #expect(LabelSet.camVid.classes[8] == ClassInfo("Car", RGB(64, 0, 128)))
    guard case .values(let map) = LabelSet.camVid.encoding else { return #expect(Bool(false)) }
    #expect(map[10] == 10 && map[11] == 255 && map[12] == nil)
  }
}
