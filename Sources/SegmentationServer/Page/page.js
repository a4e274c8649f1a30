// The page: what its buttons do.
import * as server from "./server.js";
import { View, fillLegend, size } from "./view.js";
import { zip } from "./zip.js";

const $ = (id) => document.getElementById(id);
const view = new View($("canvas"), showPointed);
/** The images: name, blob, picture, and labels once they are there. */
const images = [];
let models = [];
let current = null;
/** The video or the camera that is being labelled. */
let live = null;

// MARK: Networks

const model = () => models.find(({ name }) => name === $("model").value);

async function start() {
  models = await server.models();
  $("model").replaceChildren(...models.map(({ name }) => new Option(name, name)));
  changeModel();
}

function changeModel() {
  const { classes, network, precision, sizes } = model();
  view.classes = classes;
  view.hidden.clear();
  const compiled = sizes.map(([height, width]) => `${height}×${width}`).join(", ");
  $("facts").textContent = [network, precision, compiled, `${classes.length} classes`].filter(Boolean).join(" · ");
  $("channel").replaceChildren(...classes.map(({ id, name }) => new Option(name, id)));
  for (const image of images) Object.assign(image, { labels: null, scores: new Map() });
  showLegend(null);
  if (current) show(current);
}

// MARK: Images

async function addFiles(files) {
  clearMessage();
  const list = [...files];
  const video = list.find((file) => file.type.startsWith("video/"));
  if (video) return playVideo(video);
  stopLive();
  let first = null;
  for (const file of list) {
    try {
      const picture = await createImageBitmap(file);
      const isPlain = ["image/png", "image/jpeg"].includes(file.type);
      const image = { name: file.name, blob: isPlain ? file : await encoded(picture), picture, scores: new Map() };
      images.push(image);
      addThumbnail(image);
      first ??= image;
    } catch {
      showMessage(`${file.name} is not an image that this browser can read.`);
    }
  }
  if (first) await show(first);
}

/** A picture as a file, reduced to at most some number of pixels. */
async function encoded(picture, type = "image/png", limit = Infinity) {
  const { width, height } = size(picture);
  const factor = Math.min(1, Math.sqrt(limit / (width * height)));
  const canvas = new OffscreenCanvas(Math.max(1, Math.floor(width * factor)), Math.max(1, Math.floor(height * factor)));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type, quality: 0.92 });
}

function addThumbnail(image) {
  const button = document.createElement("button");
  const picture = document.createElement("img");
  picture.src = URL.createObjectURL(image.blob);
  picture.alt = image.name;
  button.type = "button";
  button.title = image.name;
  button.append(picture);
  button.addEventListener("click", () => show(image));
  image.button = button;
  const item = document.createElement("li");
  item.append(button);
  $("images").append(item);
}

async function show(image) {
  stopLive();
  current = image;
  for (const { button } of images) button.removeAttribute("aria-current");
  image.button.setAttribute("aria-current", "true");
  $("drop").classList.remove("empty");
  $("canvas").hidden = false;
  view.show(image.picture, image.labels);
  updateButtons();
  await label(image);
}

/** Asks the server for what the view needs of an image, and draws it. */
async function label(image) {
  const name = model().name;
  const channel = Number($("channel").value);
  try {
    clearMessage();
    $("state").textContent = "Labelling…";
    image.labels ??= await server.labels(name, image.blob);
    if (view.mode === "score" && !image.scores.has(channel)) {
      const limit = 2 ** 26 / Math.max(1, model().classes.length);
      const { width, height } = size(image.picture);
      const blob = width * height <= limit ? image.blob : await encoded(image.picture, "image/png", limit);
      image.scores.set(channel, await server.score(name, blob, channel));
    }
  } catch (error) {
    image.button.classList.add("failed");
    $("state").textContent = "";
    return showMessage(`${image.name}: ${error.message}`);
  }
  // Meanwhile another image, network or class may have been chosen.
  if (image !== current || name !== model().name || channel !== Number($("channel").value)) return;
  image.button.classList.remove("failed");
  view.show(image.picture, image.labels, image.scores.get(channel) ?? null, channel);
  const { width, height, milliseconds, shares } = image.labels;
  $("state").textContent = `${image.name}: ${width}×${height}, ${milliseconds.toFixed(0)} ms`;
  showLegend(shares);
  updateButtons();
}

// MARK: Video and camera

async function playVideo(file) {
  stopLive();
  const video = document.createElement("video");
  Object.assign(video, { src: URL.createObjectURL(file), muted: true, loop: true, playsInline: true });
  await run(video, file.name);
}

async function useCamera() {
  if (live?.stream) return stopLive();
  stopLive();
  clearMessage();
  try {
    if (!navigator.mediaDevices) throw new Error("a browser gives the camera to pages of this machine and of https alone");
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const video = document.createElement("video");
    Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
    $("camera").setAttribute("aria-pressed", "true");
    await run(video, "camera", stream);
  } catch (error) {
    showMessage(`The camera cannot be used: ${error.message}.`);
  }
}

/** Labels the frames of a video one after the other, each time the one that is shown now. */
async function run(video, name, stream = null) {
  const mine = { video, stream };
  live = mine;
  current = null;
  try {
    await video.play();
  } catch {
    stopLive();
    return showMessage(`${name} is not a video that this browser can play.`);
  }
  $("drop").classList.remove("empty");
  $("canvas").hidden = false;
  $("player").hidden = false;
  $("seek").hidden = Boolean(stream);
  updateButtons();
  let [frames, since] = [0, performance.now()];
  let position = -1;
  while (live === mine) {
    if (video.currentTime === position && (video.paused || stream)) {
      await new Promise(requestAnimationFrame);
      if (video.paused) continue;
    }
    position = video.currentTime;
    try {
      const frame = await createImageBitmap(video);
      const blob = await encoded(frame, "image/jpeg");
      const channel = Number($("channel").value);
      const labels = await server.labels(model().name, blob);
      const score = view.mode === "score" ? await server.score(model().name, blob, channel) : null;
      if (live !== mine) break;
      mine.frame = { name: `${name}-${position.toFixed(2)}`, picture: frame, labels };
      view.show(frame, labels, score, channel);
      showLegend(labels.shares);
      updateButtons();
    } catch (error) {
      if (live === mine) stopLive();
      return showMessage(error.message);
    }
    frames += 1;
    const seconds = (performance.now() - since) / 1000;
    if (seconds >= 1) {
      $("rate").textContent = `${(frames / seconds).toFixed(1)} frames/s`;
      [frames, since] = [0, performance.now()];
    }
    if (!stream) $("seek").value = String(1000 * position / video.duration);
  }
}

function stopLive() {
  if (!live) return;
  live.video.pause();
  live.stream?.getTracks().forEach((track) => track.stop());
  if (!live.stream) URL.revokeObjectURL(live.video.src);
  live = null;
  $("player").hidden = true;
  $("play").textContent = "Pause";
  $("rate").textContent = "";
  $("camera").setAttribute("aria-pressed", "false");
}

function togglePlay() {
  if (!live) return;
  const { video } = live;
  if (video.paused) video.play();
  else video.pause();
  $("play").textContent = video.paused ? "Play" : "Pause";
}

// MARK: Saving

const stem = (name) => name.replace(/\.[^.]+$/, "");

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function saving(body) {
  try {
    clearMessage();
    await body();
  } catch (error) {
    showMessage(`Nothing was saved: ${error.message}`);
  }
}

const saveMask = () => saving(async () => {
  const blob = current ? current.blob : await encoded(live.frame.picture);
  save(await server.mask(model().name, blob), `${stem((current ?? live.frame).name)}.png`);
});

const saveOverlay = () => saving(async () => {
  save(await view.blob(), `${stem((current ?? live.frame).name)}_overlay.png`);
});

/** The masks and overlays of all images in one file. */
const saveAll = () => saving(async () => {
  const shown = current;
  const files = [];
  const canvas = new View(document.createElement("canvas"), () => {});
  Object.assign(canvas, { alpha: view.alpha, classes: view.classes, hidden: view.hidden });
  for (const [index, image] of images.entries()) {
    $("state").textContent = `Saving ${index + 1} of ${images.length}…`;
    image.labels ??= await server.labels(model().name, image.blob);
    canvas.show(image.picture, image.labels);
    // Images of several folders may have one name.
    const name = images.findIndex((other) => stem(other.name) === stem(image.name)) === index
      ? stem(image.name) : `${stem(image.name)}_${index + 1}`;
    files.push({ name: `${name}.png`, blob: await server.mask(model().name, image.blob) });
    files.push({ name: `${name}_overlay.png`, blob: await canvas.blob() });
  }
  save(await zip(files), "labels.zip");
  $("state").textContent = `Saved ${images.length} images.`;
  if (shown) view.draw();
});

// MARK: What is shown

function showPointed(found) {
  for (const row of $("legend").querySelectorAll("button")) {
    row.classList.toggle("pointed", Number(row.dataset.id) === found?.id);
  }
  if (!found) return $("pointed").textContent = "Point at the image to see a class.";
  const name = view.classes[found.id]?.name ?? `class ${found.id}`;
  const score = found.score === null ? "" : ` — ${view.classes[view.channel]?.name}: ${(found.score * 100).toFixed(0)} %`;
  $("pointed").textContent = `Here: ${name}${score}`;
}

function showLegend(shares) {
  fillLegend($("legend"), view.classes, shares, view.hidden, (id) => {
    if (!view.hidden.delete(id)) view.hidden.add(id);
    $("legend").querySelector(`[data-id="${id}"]`).setAttribute("aria-pressed", String(!view.hidden.has(id)));
    view.repaint();
  });
}

function updateButtons() {
  const isThere = Boolean(current?.labels ?? live?.frame);
  $("save-mask").disabled = !isThere;
  $("save-overlay").disabled = !isThere;
  $("save-all").disabled = images.length === 0;
}

function showMessage(text) {
  $("message").textContent = text;
  $("message").hidden = false;
}

function clearMessage() { $("message").hidden = true; }

function changeView() {
  view.mode = document.querySelector("input[name=view]:checked").value;
  $("overlay-options").hidden = view.mode !== "overlay";
  $("score-options").hidden = view.mode !== "score";
  if (current) label(current);
  view.draw();
}

/** Shows a slider's value beside it, and draws anew. */
function slider(id, change) {
  $(id).addEventListener("input", () => {
    $(`${id}-value`).textContent = `${$(id).value} %`;
    change(Number($(id).value) / 100);
    view.draw();
  });
}

// MARK: Events

server.onTokenNeeded(() => new Promise((resolve) => {
  $("token").value = "";
  $("login").addEventListener("close", () => resolve($("token").value), { once: true });
  if (!$("login").open) $("login").showModal();
}));
$("model").addEventListener("change", changeModel);
$("open").addEventListener("click", () => $("files").click());
$("files").addEventListener("change", () => { addFiles([...$("files").files]); $("files").value = ""; });
$("camera").addEventListener("click", useCamera);
$("play").addEventListener("click", togglePlay);
$("seek").addEventListener("input", () => {
  if (live?.video.duration) live.video.currentTime = $("seek").value / 1000 * live.video.duration;
});
$("save-mask").addEventListener("click", saveMask);
$("save-overlay").addEventListener("click", saveOverlay);
$("save-all").addEventListener("click", saveAll);
$("channel").addEventListener("change", () => current && label(current));
for (const radio of document.querySelectorAll("input[name=view]")) radio.addEventListener("change", changeView);
slider("alpha", (value) => { view.alpha = value; });
slider("threshold", (value) => { view.threshold = value; });
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") addFiles(event.dataTransfer.files);
  });
}
document.addEventListener("paste", (event) => event.clipboardData.files.length && addFiles(event.clipboardData.files));

start().catch((error) => showMessage(error.message));
