import SegmentationImage

/// The parts that the pages of all reports share. They contain neither `<` nor `&`, so that a page is well-formed XML.
enum ReportPage {
  /// The style sheet, with colors for light and dark, one column on a phone, and a form for paper.
  static let style: HTML = """

    :root {
      color-scheme: light dark;
      --page: #f6f7f9; --card: #ffffff; --text: #1c2330; --quiet: #545d6c; --line: #d5dae2; --link: #0b5cad;
      --mark: #fff0c2; --right: 42 138 91; --wrong: 192 57 43; --bar: 59 111 182;
      --run0: #0069b4; --run1: #c24a00; --run2: #00785a; --run3: #9b3f86;
      --run4: #8a6500; --run5: #3d8fc4; --run6: #b3261e; --run7: #4f5866;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #12151a; --card: #1b2027; --text: #e7eaef; --quiet: #a9b1be; --line: #363e4a; --link: #7fbcf5;
        --mark: #4d4013; --right: 52 168 111; --wrong: 224 86 72; --bar: 86 146 224;
        --run0: #58b0f2; --run1: #ff9353; --run2: #2fc99d; --run3: #e293cf;
        --run4: #e0b93a; --run5: #9ed2f7; --run6: #ff8177; --run7: #b4bcc8;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0 auto; padding: 1rem; max-width: 78rem; background: var(--page); color: var(--text);
      font: 1rem/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, "DejaVu Sans", sans-serif;
    }
    h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
    h2 { font-size: 1.3rem; margin: 0 0 .75rem; }
    h3 { font-size: 1.1rem; margin: 1.25rem 0 .5rem; overflow-wrap: anywhere; }
    h4 { font-size: 1rem; margin: 1rem 0 .5rem; overflow-wrap: anywhere; }
    h2 + h3, .legend + h3 { margin-top: .25rem; }
    header p, .hint { color: var(--quiet); margin: .25rem 0; }
    .hint { font-size: .875rem; max-width: 60rem; }
    a { color: var(--link); }
    .skip { position: absolute; left: -999rem; }
    .skip:focus { left: 1rem; top: .5rem; padding: .5rem; background: var(--card); }
    nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .75rem 0 0; }
    nav a { display: inline-block; padding: .25rem 0; }
    section {
      background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0;
    }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

    .scroll { overflow-x: auto; max-width: 100%; }
    table { border-collapse: collapse; font-size: .9rem; }
    caption { text-align: left; color: var(--quiet); padding: 0 0 .4rem; font-size: .875rem; }
    caption span { position: sticky; left: 0; display: inline-block; max-width: calc(100vw - 3rem); }
    th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
    thead th { vertical-align: bottom; }
    tbody th, tfoot th { font-weight: 600; }
    tfoot th, tfoot td { border-top: 2px solid var(--line); font-weight: 600; }
    table.numbers td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    table.numbers thead th:not(:first-child) { text-align: right; }
    table.numbers th:first-child, table.confusion th:first-child {
      position: sticky; left: 0; background: var(--card); z-index: 1;
    }
    table.text td, table.text th { overflow-wrap: anywhere; min-width: 7rem; }
    table.text tbody th { font-weight: 500; max-width: 22rem; overflow-wrap: break-word; }
    .scroll + .scroll { margin-top: 1rem; }
    mark { background: var(--mark); color: inherit; padding: 0 .2rem; border-radius: .2rem; }
    .cards th, .cards td { white-space: nowrap; }
    .none { color: var(--quiet); }
    .bar {
      background: linear-gradient(90deg, rgb(var(--bar) / .28) calc(var(--share) * 100%), transparent 0) no-repeat;
      min-width: 6rem;
    }
    .better { background: rgb(var(--right) / .18); }
    .worse { background: rgb(var(--wrong) / .18); }

    table.confusion { font-size: .75rem; border-collapse: separate; border-spacing: 1px; }
    table.confusion th, table.confusion td { padding: .2rem .3rem; border: 0; }
    table.confusion td {
      text-align: center; min-width: 2.1rem; height: 1.7rem; font-variant-numeric: tabular-nums;
      background: rgb(127 127 127 / .09); vertical-align: middle;
    }
    table.confusion thead th { height: 6.5rem; padding: .3rem .1rem; font-weight: 600; }
    table.confusion thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
    table.confusion thead th:first-child span { writing-mode: horizontal-tb; transform: none; }
    table.confusion tbody th { white-space: nowrap; text-align: right; vertical-align: middle; }
    table.confusion td.right { background: rgb(var(--right) / calc(.06 + .5 * var(--share))); }
    table.confusion td.wrong { background: rgb(var(--wrong) / calc(.06 + .5 * var(--share))); }
    .mistakes { font-size: .9rem; padding-left: 1.5rem; margin: .5rem 0; }
    .confusions { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; }
    .confusions > div { min-width: 0; max-width: 100%; }
    img.plot { background: #ffffff; max-width: none; }

    .notes { margin: 1rem 0 0; padding-left: 1.2rem; font-size: .9rem; overflow-wrap: anywhere; }
    .swatch { width: 1.9rem; height: .65rem; vertical-align: middle; overflow: visible; flex: none; }
    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 0 0 .5rem; }
    .legend label { display: inline-flex; align-items: center; gap: .4rem; overflow-wrap: anywhere; }
    .run0 { stroke: var(--run0); } .run1 { stroke: var(--run1); } .run2 { stroke: var(--run2); }
    .run3 { stroke: var(--run3); } .run4 { stroke: var(--run4); } .run5 { stroke: var(--run5); }
    .run6 { stroke: var(--run6); } .run7 { stroke: var(--run7); }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
    figure { margin: 0; min-width: 0; }
    figcaption { font-weight: 600; overflow-wrap: anywhere; }
    .chart svg { display: block; width: 100%; height: auto; }
    .chart text { fill: var(--quiet); font-size: 13px; stroke: none; }
    .grid { stroke: var(--line); stroke-width: 1; }
    .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .raw { fill: none; stroke-width: 1; opacity: .35; }
    .dot { fill: var(--card); stroke-width: 1.8; }
    .hit { fill: transparent; stroke: none; }
    [hidden] { display: none; }
    details { margin-top: .25rem; font-size: .9rem; }
    summary { cursor: pointer; color: var(--link); padding: .3rem 0; overflow-wrap: anywhere; }

    .classes { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; font-size: .875rem; }
    .chip { width: .8rem; height: .8rem; vertical-align: -.05rem; outline: 1px solid var(--line); }
    .gallery { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 34rem), 1fr)); }
    .triple figcaption { font-weight: 400; font-size: .875rem; }
    .pictures { display: grid; grid-template-columns: repeat(3, 1fr); gap: .25rem; }
    .pictures img { display: block; width: 100%; height: auto; border-radius: .25rem; }
    .pictures span { color: var(--quiet); font-size: .8125rem; }

    @media (max-width: 40rem) {
      body { padding: .5rem; }
      section { padding: .75rem; }
      .bar { min-width: 4rem; }
      table.numbers th, table.numbers td { padding: .3rem .4rem; }
      table.text td, table.text th { min-width: 6rem; padding: .3rem .4rem; }
      .pictures { grid-template-columns: 1fr 1fr; }
      .pictures .input { grid-column: 1 / 3; }
      table.cards, .cards tbody, .cards tr, .cards th, .cards td, .cards caption { display: block; }
      .cards thead { position: absolute; left: -999rem; }
      .cards tr { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin-bottom: .75rem; }
      .cards th, .cards td { border: 0; padding: .15rem 0; overflow-wrap: anywhere; white-space: normal; }
      .cards td { display: flex; justify-content: space-between; gap: 1rem; text-align: right; }
      .cards td::before { content: attr(data-label); color: var(--quiet); text-align: left; }
    }
    @media print {
      :root {
        color-scheme: light; --page: #ffffff; --card: #ffffff; --text: #000000; --quiet: #444444; --line: #bbbbbb;
        --mark: #fff0c2; --right: 42 138 91; --wrong: 192 57 43; --bar: 59 111 182;
        --run0: #0069b4; --run1: #c24a00; --run2: #00785a; --run3: #9b3f86;
        --run4: #8a6500; --run5: #3d8fc4; --run6: #b3261e; --run7: #4f5866;
      }
      body { font-size: 10pt; max-width: none; padding: 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      nav, .skip, .chart details, .legend input { display: none; }
      section { border: 0; padding: 0; }
      figure, tr, table.confusion { break-inside: avoid; }
      .confusions { display: block; }
      .cards th, .cards td { white-space: normal; }
      h2, h3, h4 { break-after: avoid; }
      .scroll { overflow: visible; }
    }

    """

  /// Adds boxes to the legend that hide curves, and opens the details for printing. The page is complete without it.
  static let script: HTML = """

    document.querySelectorAll('[data-legend]').forEach(function (item) {
      var box = document.createElement('input');
      box.type = 'checkbox';
      box.checked = true;
      box.addEventListener('change', function () {
        var curves = document.querySelectorAll('[data-run="' + item.dataset.legend + '"]');
        curves.forEach(function (curve) { curve.style.display = box.checked ? '' : 'none'; });
      });
      item.firstElementChild.prepend(box);
    });
    addEventListener('beforeprint', function () {
      document.querySelectorAll('#configuration details').forEach(function (part) { part.open = true; });
    });

    """
}
