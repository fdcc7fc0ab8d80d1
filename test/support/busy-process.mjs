/** Preloaded into a server: it computes for 200 ms of every 300, as it would for requests that cost much. */
const BUSY_MS = 200;
const FREE_MS = 100;

const timer = setInterval(() => {
  const end = performance.now() + BUSY_MS;
  while (performance.now() < end) Math.sqrt(end);
}, BUSY_MS + FREE_MS);
timer.unref();
