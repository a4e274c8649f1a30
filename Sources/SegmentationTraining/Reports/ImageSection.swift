import Foundation
import SegmentationImage

/// The section with the validation images that the best checkpoints predict best and worst.
struct ImageSection {
  let runs: [ReportRun]

  func html() -> HTML {
    let evaluated = runs.filter { $0.evaluation != nil }
    guard !evaluated.isEmpty else {
      return """
        <p>Pictures need the network and its data. Add --evaluate to label the validation images with each run's best.pth \
        and to show the best and the worst of them here.</p>
        """
    }
    let parts = evaluated.map { run -> HTML in
      let evaluation = run.evaluation!
      let heading: HTML = runs.count > 1 ? "h4" : "h3"
      let title: HTML = runs.count > 1 ? "<h3>\(run.swatch) \(run.name)</h3>\n" : ""
      return """
        \(title)\(Self.legend(evaluation))
        \(Self.group("Worst", evaluation.worst, of: run, heading: heading))
        \(Self.group("Best", evaluation.best, of: run, heading: heading))

        """
    }
    return """
      <p class="hint">An image's score is the mean IoU of the classes that are labelled in it. Labels and \
      predictions are drawn over the image; pixels without a label are dark.</p>
      \(parts)
      """
  }

  private static func legend(_ evaluation: RunEvaluation) -> HTML {
    let items = evaluation.classes.map { info -> HTML in
      """
      <li><svg class="chip" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" \
      fill="\(info.color.description)"/></svg> \(info.name)</li>
      """
    }
    return "<ul class=\"classes\" aria-label=\"Colors of the classes\">\(items)</ul>"
  }

  private static func group(_ title: String, _ pictures: [RunEvaluation.Picture], of run: ReportRun, heading: HTML)
    -> HTML
  {
    guard !pictures.isEmpty else { return "" }
    let figures = pictures.map { picture -> HTML in
      let score = Quantity.percent(picture.score)
      let images = [("input", picture.input), ("label", picture.label), ("prediction", picture.prediction)]
      let cells = images.map { kind, data -> HTML in
        """
        <div class="\(kind)"><img alt="\(kind) of \(picture.name), mean IoU \(score)" loading="lazy" \
        src="\(type: "image/jpeg", data)"/><span>\(kind)</span></div>
        """
      }
      return """
        <figure class="triple">
        <figcaption>\(picture.name): mean IoU \(score)</figcaption>
        <div class="pictures">\(cells)</div>
        </figure>

        """
    }
    return "<\(heading)>\(title) images of \(run.name)</\(heading)>\n<div class=\"gallery\">\n\(figures)</div>"
  }
}
