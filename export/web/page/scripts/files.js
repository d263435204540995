// Fetches the page's large files, tells how far it is, and keeps them for visits without a network.
// The names of files in styles/ and litert-.../ tell their content: what is kept never changes.

const CACHE = "tfstyle-files";

/**
 * @param {string} address relative to the page
 * @param {(loaded: number, total: number) => void} progress in bytes; total is 0 if unknown
 * @returns {Promise<Uint8Array>}
 * @throws {Error} of kind "load"
 */
export async function download(address, progress = () => {}) {
  const url = absolute(address);
  try {
    const cache = await opened();
    const kept = await cache?.match(url);
    if (kept) return new Uint8Array(await kept.arrayBuffer());
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
    // Of a compressed answer the header counts other bytes than the reader.
    const encoded = response.headers.get("content-encoding");
    const total = encoded ? 0 : Number(response.headers.get("content-length"));
    const bytes = await collect(response.body.getReader(), (loaded) => progress(loaded, total));
    await put(cache, url, new Response(bytes, { headers: { "content-type": type(response) } }));
    return bytes;
  } catch (cause) {
    throw Object.assign(new Error(`${address}: ${cause.message}`), { kind: "load" });
  }
}

/** Keeps files that are not kept yet; what cannot be fetched now is left out. */
export async function keep(addresses) {
  const cache = await opened();
  if (!cache) return;
  for (const url of addresses.map(absolute)) {
    if (await cache.match(url)) continue;
    try {
      const response = await fetch(url);
      if (response.ok) await put(cache, url, response);
    } catch {
      return; // there is no network
    }
  }
}

/** Drops kept files of older versions of the page. */
export async function forgetOthers(addresses) {
  const cache = await opened();
  if (!cache) return;
  const known = new Set(addresses.map(absolute));
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (!known.has(request.url) && !/\/litert-\w+\//.test(pathname)) await cache.delete(request);
  }
}

// Only pages on https or localhost have a cache, and some browsers refuse it in private windows.
const opened = () => globalThis.caches?.open(CACHE).catch(() => undefined);

// A full disk is no reason not to paint.
const put = (cache, url, response) => cache?.put(url, response).catch(() => {});

const absolute = (address) => new URL(`../${address}`, import.meta.url).href;
const type = (response) => response.headers.get("content-type") ?? "application/octet-stream";

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
