import Foundation

/// The report of ffprobe on a source, as JSON has it. Nothing in it has been checked.
struct ProbeReport: Decodable {
  struct Stream: Decodable {
    struct SideData: Decodable {
      let rotation: Double?
    }
    struct Disposition: Decodable {
      let attached_pic: Int?
    }

    let index: Int
    let codec_type: String?
    let width, height: Int?
    let pix_fmt: String?
    let sample_aspect_ratio: String?
    let time_base: String?
    let avg_frame_rate: String?
    let start_time, duration, nb_frames: String?
    let color_range, color_space, color_primaries, color_transfer: String?
    let side_data_list: [SideData]?
    let disposition: Disposition?
  }

  struct Format: Decodable {
    let format_name: String?
    let start_time, duration: String?
  }

  let streams: [Stream]?
  let format: Format?
}
