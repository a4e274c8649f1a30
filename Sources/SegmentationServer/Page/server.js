// Calls of the server.

/** An answer with an error. `status` is 0 if there is no answer. */
export class ServerError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Receives the wish for a token, and resolves to it. */
let askForToken = async () => "";
export function onTokenNeeded(ask) { askForToken = ask; }

async function call(path, options = {}) {
  const token = sessionStorage.getItem("token");
  const headers = token ? { ...options.headers, Authorization: `Bearer ${token}` } : options.headers;
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError(0, "The server does not answer.");
  }
  if (response.ok) return response;
  if (response.status === 401) {
    sessionStorage.setItem("token", await askForToken());
    return call(path, options);
  }
  const problem = await response.json().catch(() => ({}));
  throw new ServerError(response.status, problem.detail ?? `The server answers with status ${response.status}.`);
}

/** Waits and repeats while the server has no room for a request. */
async function callPatiently(path, options) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call(path, options);
    } catch (error) {
      if (![429, 503].includes(error.status) || attempt === 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  }
}

/** The networks: name, classes with their colors, sizes. */
export async function models() { return (await (await call("v1/models")).json()).models; }

function predict(model, image, parameters) {
  const query = new URLSearchParams(parameters);
  const headers = { "Content-Type": image.type || "application/octet-stream" };
  return callPatiently(`v1/models/${encodeURIComponent(model)}:predict?${query}`, { method: "POST", body: image, headers });
}

/** The values of a gray picture, one byte for each pixel. */
async function grayValues(blob) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = context.getImageData(0, 0, width, height).data;
  const values = new Uint8Array(width * height);
  for (let index = 0; index < values.length; index += 1) values[index] = pixels[4 * index];
  return { width, height, values };
}

/** The class of each pixel, the classes' shares, and the milliseconds that the network took. */
export async function labels(model, image) {
  const response = await predict(model, image, { format: "ids" });
  const timing = /inference;dur=([0-9.]+)/.exec(response.headers.get("Server-Timing") ?? "");
  const shares = (response.headers.get("X-Class-Shares") ?? "").split(",").map(Number);
  return { ...(await grayValues(await response.blob())), shares, milliseconds: timing ? Number(timing[1]) : NaN };
}

/** The probability of a class at each pixel, 255 for certainty. */
export async function score(model, image, channel) {
  return grayValues(await (await predict(model, image, { format: "score", class: channel })).blob());
}

/** The mask as the server's program writes it, a PNG with a palette. */
export async function mask(model, image) {
  return (await predict(model, image, { format: "mask" })).blob();
}
