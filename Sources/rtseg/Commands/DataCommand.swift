import ArgumentParser
import SegmentationData

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Import, check, view, show, pack and draw data sets.",
    discussion: """
      Examples:
        rtseg data import labelme photos --output dataset
        rtseg data check --dataset mydata.yaml
        rtseg data view mydata.yaml --output page.html
        rtseg data preview cityscapes --data-root data/cityscapes --output sheet.png
        rtseg data pack mydata.yaml --output shards
        rtseg data synthesize --output scenes

      Commands take a data set by its name, as the path of a card, or, except pack, as annotations of another tool, such as
      coco:street.
      These data sets are known by name, and --data-root names their folder: \(FolderCard.names.joined(separator: ", ")).
      """,
    subcommands: [
      ImportData.self, CheckData.self, ViewData.self, PreviewData.self, PackData.self, Synthesize.self,
    ])
}
