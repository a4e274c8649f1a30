// Writes zip files without compression: what goes in is compressed already.

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** Little-endian numbers of 16 (`h`) or 32 bits (`i`). */
function pack(format, ...numbers) {
  const view = new DataView(new ArrayBuffer([...format].reduce((sum, letter) => sum + (letter === "h" ? 2 : 4), 0)));
  let place = 0;
  for (const [index, letter] of [...format].entries()) {
    if (letter === "h") view.setUint16(place, numbers[index], true);
    else view.setUint32(place, numbers[index], true);
    place += letter === "h" ? 2 : 4;
  }
  return new Uint8Array(view.buffer);
}

/** A zip file with files of the form `{name, blob}`. */
export async function zip(files) {
  const parts = [];
  const directory = [];
  let place = 0;
  for (const { name, blob } of files) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const text = new TextEncoder().encode(name);
    // Version 2.0, names in UTF-8, stored, 1 January 1980.
    const facts = ["hhhhhiiihh", 20, 0x0800, 0, 0, 33, crc32(bytes), bytes.length, bytes.length, text.length, 0];
    const head = [pack("i", 0x04034b50), pack(...facts), text];
    directory.push(pack("ih", 0x02014b50, 20), pack(...facts), pack("hhhii", 0, 0, 0, 0, place), text);
    parts.push(...head, bytes);
    place += head.reduce((sum, part) => sum + part.length, 0) + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = pack("ihhhhiih", 0x06054b50, 0, 0, files.length, files.length, size, place, 0);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
