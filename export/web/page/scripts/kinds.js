// Which kind a file is that the browser cannot read, by its first bytes.

const HEIC = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"];

/**
 * @param {Blob} blob
 * @returns {Promise<"heic" | "avif" | "tiff" | "video" | "pdf" | "svg" | "empty" | "unknown">}
 */
export async function kindOf(blob) {
  const bytes = new Uint8Array(await blob.slice(0, 512).arrayBuffer());
  if (!bytes.length) return "empty";
  const text = String.fromCharCode(...bytes);
  if (text.slice(4, 8) === "ftyp") return kindOfContainer(text.slice(8, 12));
  if (text.startsWith("II*\0") || text.startsWith("MM\0*")) return "tiff"; // most raw files too
  if (text.startsWith("\x1aE\xdf\xa3")) return "video";
  if (text.startsWith("%PDF")) return "pdf";
  if (/<svg[\s>]/.test(text)) return "svg";
  return "unknown";
}

function kindOfContainer(brand) {
  if (HEIC.includes(brand)) return "heic";
  if (brand === "avif" || brand === "avis") return "avif";
  return brand === "crx " ? "tiff" : "video"; // a raw file of Canon
}
