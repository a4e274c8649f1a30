
"use strict";
// Chooses samples, sets the opacity of labels and shows samples large. The page can be read without it. The text has no
// sign that opens a tag or an entity, so that the page is well-formed XML too.

const $ = (id) => document.getElementById(id);
const samples = [...document.querySelectorAll(".sample")];
/** The samples that are shown. */
let shown = samples;
/** The place among them of the one that is shown large; nothing if none is. */
let current = null;
/** The opacity before the labels were hidden. */
let before = 50;

function choose() {
  const [split, id, found] = [$("split").value, $("class").value, $("found").checked];
  const tests = [
    (data) => split === "" || data.split === split,
    (data) => id === "" || data.classes.split(" ").includes(id),
    (data) => !found || data.findings !== "0",
  ];
  shown = samples.filter((sample) => tests.every((test) => test(sample.dataset)));
  const chosen = new Set(shown);
  for (const sample of samples) sample.hidden = !chosen.has(sample);
  $("state").textContent = shown.length === samples.length
    ? `${samples.length} shown` : `${shown.length} of ${samples.length} shown`;
}

function setOpacity(percent) {
  document.documentElement.style.setProperty("--alpha", String(percent / 100));
  $("alpha").value = String(percent);
  $("large-alpha").value = String(percent);
  $("alpha-value").textContent = `${percent} %`;
}

function toggleLabels() {
  const percent = Number($("alpha").value);
  if (percent > 0) before = percent;
  setOpacity(percent > 0 ? 0 : before);
}

/** Shows a sample large. */
function enlarge(place) {
  const sample = shown[place];
  if (!sample) return;
  current = place;
  $("large-name").textContent = sample.querySelector("h3").textContent;
  const [stack, facts] = [".stack", ".facts"].map((kind) => sample.querySelector(kind)?.cloneNode(true));
  if (stack) {
    const [width, height] = ["width", "height"].map((side) => Number(stack.querySelector("img").getAttribute(side)));
    stack.style.setProperty("--ratio", String(width / height));
  }
  $("large-picture").replaceChildren(stack ?? sample.querySelector(".missing").cloneNode(true));
  $("large-facts").replaceChildren(facts);
  $("previous").disabled = place === 0;
  $("next").disabled = place === shown.length - 1;
  if (!$("large").open) $("large").showModal();
}

/** Goes back to the page, to the sample that was shown last. */
function leave() {
  const sample = shown[current];
  current = null;
  sample?.querySelector(".picture")?.focus();
}

for (const name of ["split", "class", "found"]) $(name).addEventListener("change", choose);
for (const name of ["alpha", "large-alpha"]) {
  $(name).addEventListener("input", () => setOpacity(Number($(name).value)));
}
for (const sample of samples) {
  sample.querySelector(".picture")?.addEventListener("click", () => enlarge(shown.indexOf(sample)));
}
$("previous").addEventListener("click", () => enlarge(current - 1));
$("next").addEventListener("click", () => enlarge(current + 1));
$("close").addEventListener("click", () => $("large").close());
$("large").addEventListener("close", leave);
$("controls").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if ([event.ctrlKey, event.metaKey, event.altKey].includes(true)) return;
  const field = event.target.closest?.("input, select");
  if (event.key.toLowerCase() === "l") {
    if (field?.tagName !== "SELECT") toggleLabels();
    return;
  }
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if ([current === null, Boolean(field), !step].includes(true)) return;
  event.preventDefault();
  enlarge(current + step);
});

// A browser may have kept what was chosen before the page was loaded again.
setOpacity(Number($("alpha").value));
choose();
$("controls").hidden = false;
