// Fetches a file, telling how far it is.

/**
 * @param {string} address
 * @param {(loaded: number, total: number) => void} progress in bytes; total is 0 if unknown
 * @returns {Promise<Uint8Array>}
 * @throws {Error} of kind "load"
 */
export async function download(address, progress) {
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
    // Of a compressed answer the header counts other bytes than the reader.
    const encoded = response.headers.get("content-encoding");
    const total = encoded ? 0 : Number(response.headers.get("content-length"));
    return await collect(response.body.getReader(), (loaded) => progress(loaded, total));
  } catch (cause) {
    throw Object.assign(new Error(`${address}: ${cause.message}`), { kind: "load" });
  }
}

async function collect(reader, progress) {
  const chunks = [];
  let loaded = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    progress((loaded += value.length));
  }
  const bytes = new Uint8Array(loaded);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
