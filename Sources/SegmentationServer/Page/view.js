// Draws an image with its labels, and the legend.

/** The canvas: an image, its classes and a class's score. */
export class View {
  constructor(canvas, onPoint) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.mode = "overlay";
    this.alpha = 0.5;
    this.threshold = 0.5;
    this.hidden = new Set();
    this.classes = [];
    this.cross = null;
    this.onPoint = onPoint;
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerdown", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => this.onPoint(null));
    canvas.addEventListener("keydown", (event) => this.step(event));
    canvas.addEventListener("blur", () => this.moveCross(null));
  }

  /** Shows a picture with its labels, which may come later. */
  show(picture, labels, score = null, channel = 0) {
    Object.assign(this, { picture, labels, score, channel, colors: null });
    const { width, height } = size(picture);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
      this.cross = null;
    }
    this.draw();
  }

  draw() {
    if (!this.picture) return;
    const { canvas, context } = this;
    context.globalAlpha = 1;
    context.drawImage(this.picture, 0, 0, canvas.width, canvas.height);
    if (this.mode === "overlay" && this.labels) {
      this.colors ??= this.paint(this.labels, (value) => this.color(value));
      context.globalAlpha = this.alpha;
      context.drawImage(this.colors, 0, 0, canvas.width, canvas.height);
    }
    if (this.mode === "score" && this.score) {
      const limit = Math.max(1, Math.round(this.threshold * 255));
      const color = this.classes[this.channel]?.color ?? [255, 255, 0];
      const layer = this.paint(this.score, (value) => (value >= limit ? color : [value, value, value]));
      context.drawImage(layer, 0, 0, canvas.width, canvas.height);
    }
    if (this.cross) this.drawCross();
  }

  /** The color of a class; nothing for one that is hidden. */
  color(id) { return this.hidden.has(id) ? null : this.classes[id]?.color ?? [255, 255, 255]; }

  /** A picture of values, each in the color that a function gives it. */
  paint({ width, height, values }, colorOf) {
    const layer = new OffscreenCanvas(width, height);
    const context = layer.getContext("2d");
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    // Red is the lowest byte.
    const colors = Uint32Array.from({ length: 256 }, (_, value) => {
      const color = colorOf(value);
      return color ? (0xff000000 | (color[2] << 16) | (color[1] << 8) | color[0]) >>> 0 : 0;
    });
    for (let index = 0; index < values.length; index += 1) pixels[index] = colors[values[index]];
    context.putImageData(image, 0, 0);
    return layer;
  }

  repaint() {
    this.colors = null;
    this.draw();
  }

  drawCross() {
    const { canvas, context, cross } = this;
    context.globalAlpha = 1;
    for (const [width, color] of [[6, "#000"], [2, "#fff"]]) {
      context.strokeStyle = color;
      context.lineWidth = width * canvas.width / canvas.clientWidth;
      const arm = 12 * canvas.width / canvas.clientWidth;
      context.beginPath();
      context.moveTo(cross.x - arm, cross.y);
      context.lineTo(cross.x + arm, cross.y);
      context.moveTo(cross.x, cross.y - arm);
      context.lineTo(cross.x, cross.y + arm);
      context.stroke();
    }
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    this.tell((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  /** Moves the cross by an arrow key. */
  step(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || !this.picture) return;
    event.preventDefault();
    const { width, height } = this.canvas;
    const step = Math.max(1, Math.round(Math.max(width, height) / (event.shiftKey ? 16 : 100)));
    const from = this.cross ?? { x: width / 2, y: height / 2 };
    const clamp = (value, limit) => Math.min(Math.max(value, 0), limit - 1);
    this.moveCross({ x: clamp(from.x + way[0] * step, width), y: clamp(from.y + way[1] * step, height) });
    this.tell(this.cross.x / width, this.cross.y / height);
  }

  moveCross(cross) {
    this.cross = cross;
    this.draw();
  }

  /** Tells which class is at a place, from 0 to 1 in both directions. */
  tell(x, y) {
    const value = (map) =>
      map.values[Math.min(map.height - 1, Math.floor(y * map.height)) * map.width + Math.min(map.width - 1, Math.floor(x * map.width))];
    if (!this.labels || x < 0 || y < 0 || x >= 1 || y >= 1) return this.onPoint(null);
    const isScore = this.mode === "score" && this.score;
    this.onPoint({ id: value(this.labels), score: isScore ? value(this.score) / 255 : null });
  }

  /** The canvas's picture as a PNG file, at the size of the image. */
  blob() {
    this.moveCross(null);
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }
}

export function size(picture) {
  return { width: picture.videoWidth || picture.width, height: picture.videoHeight || picture.height };
}

/** Fills the legend: the classes that occur, the most frequent first, each with a button that hides it. */
export function fillLegend(list, classes, shares, hidden, onToggle) {
  const rows = classes.map(({ id, name, color }) => ({ id, name, color, share: shares?.[id] ?? 0 }));
  if (shares) rows.sort((a, b) => b.share - a.share || a.id - b.id);
  list.replaceChildren(...rows.filter((row) => !shares || row.share > 0).map((row) => {
    const button = document.createElement("button");
    const [swatch, name, share] = ["swatch", "name", "share"].map((kind) => {
      const part = document.createElement("span");
      part.className = kind;
      return part;
    });
    swatch.style.backgroundColor = `rgb(${row.color.join(" ")})`;
    name.textContent = row.name;
    share.textContent = shares ? `${(row.share * 100).toFixed(1)} %` : "";
    button.type = "button";
    button.dataset.id = row.id;
    button.title = "Hide or show";
    button.setAttribute("aria-pressed", String(!hidden.has(row.id)));
    button.append(swatch, name, share);
    button.addEventListener("click", () => onToggle(row.id));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}
