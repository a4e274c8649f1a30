/// A layout in which a tool for annotations writes its work.
public enum AnnotationFormat: String, CaseIterable, Sendable {
  /// One JSON file beside each image, by LabelMe.
  case labelMe = "labelme"
  /// A labelmap.txt with masks in color: CVAT's "Segmentation mask 1.1".
  case cvat
  /// One XML file with all shapes: "CVAT for images 1.1".
  case cvatXML = "cvat-xml"
  /// One JSON file for each split with polygons and run lengths, in COCO's form; also as Roboflow names them.
  case coco
  /// COCO's panoptic form: a JSON file and a folder of PNG files for each split.
  case cocoPanoptic = "coco-panoptic"
  /// The JSON export of Label Studio: brush strokes, polygons and rectangles.
  case labelStudio = "label-studio"
  /// Pascal VOC: palette masks, and lists of names in ImageSets/Segmentation.
  case voc
  /// Polygons of Ultralytics' YOLO: a data.yaml and a text file for each image.
  case yolo
  /// The semantic masks of Roboflow: a folder for each split with _classes.csv.
  case roboflow
  /// A Supervisely project: meta.json, and JSON files with bitmaps and polygons.
  case supervisely
  /// The polygons of Cityscapes: gtFine/SPLIT/CITY/*_gtFine_polygons.json.
  case cityscapes

  /// The thing that a path of this format names, for messages.
  var expectation: String {
    switch self {
    case .labelMe: "a folder with images and LabelMe's JSON files beside them"
    case .cvat: "a folder with labelmap.txt and SegmentationClass (unzip CVAT's \"Segmentation mask 1.1\" first)"
    case .cvatXML: "a folder with annotations.xml and images (unzip \"CVAT for images 1.1\" first)"
    case .coco: "a folder with annotations/instances_SPLIT.json or SPLIT/_annotations.coco.json, or one JSON file"
    case .cocoPanoptic: "a folder with annotations/panoptic_SPLIT.json and annotations/panoptic_SPLIT"
    case .labelStudio: "the JSON export of a Label Studio project"
    case .voc: "a folder with JPEGImages, SegmentationClass and ImageSets/Segmentation"
    case .yolo: "a data.yaml, or the folder that it lies in"
    case .roboflow: "a folder with train, valid or test, each with _classes.csv and masks NAME_mask.png"
    case .supervisely: "a project folder with meta.json"
    case .cityscapes: "a folder with leftImg8bit and gtFine"
    }
  }
}
