// The page without a network. What lies in styles/ and litert-.../ never changes and is kept by
// scripts/files.js; all else comes from the network where there is one, so that no version is stale.

const CACHE = "tfstyle-page";
const PATIENCE = 3000; // milliseconds that a slow network has
const SCRIPTS = [
  ...["bytes", "choices", "compare", "engine", "files", "golden", "kinds", "look", "main", "messages"],
  ...["opened-as-file", "painter", "photograph", "save", "styles", "thumbnails", "webcam", "worker"],
];
const PHOTOGRAPHS = ["lake", "zebra", "colosseum", "kitten", "portrait"];
const PAGE = [
  ...["./", "style.css", "app.webmanifest", "styles.json", "photographs/photographs.json"],
  ...["icons/icon.svg", "icons/icon-192.png"],
  ...SCRIPTS.map((name) => `scripts/${name}.js`),
  ...PHOTOGRAPHS.flatMap((name) => [`photographs/${name}.jpg`, `photographs/thumbnails/${name}.jpg`]),
];

self.addEventListener("install", (event) => {
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  event.respondWith(/\/(styles|litert-\w+)\//.test(url.pathname) ? kept(request) : newest(request));
});

/** LiteRT.js has two builds. Its loaders are of JavaScript, which files.js does not see. */
async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(PAGE);
  const { engine } = await (await cache.match("styles.json")).json();
  const loaders = ["litert", "litert_wasm_internal", "litert_wasm_compat_internal"];
  if (engine) await cache.addAll(loaders.map((name) => `${engine}/${name}.js`));
  await self.skipWaiting();
}

async function kept(request) {
  return (await caches.match(request)) ?? fetch(request);
}

async function newest(request) {
  const cache = await caches.open(CACHE);
  const fetched = fetch(request).then(async (response) => {
    if (response.ok && !request.headers.has("range")) await cache.put(request, response.clone());
    return response;
  });
  try {
    return await withPatience(fetched);
  } catch (error) {
    const older = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
    return older ?? fetched;
  }
}

function withPatience(promise) {
  return new Promise((resolve, reject) => {
    setTimeout(reject, PATIENCE, new Error("slow"));
    promise.then(resolve, reject);
  });
}
