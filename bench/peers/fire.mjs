// Load over some connections, each as fast as its answers come. Reads one job as JSON from standard input:
// { url, headers, body, connections, seconds }; writes what was seen, latencies in milliseconds with their fractions.
// Each request gets a UUIDv7 of its own wherever the body says {uuid}.
import { randomBytes } from "node:crypto";
import autocannon from "autocannon";

const PLACE = "{uuid}";

const uuid7 = () => {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

const job = JSON.parse(await new Response(process.stdin).text());
const latencies = [];
const fresh = (request) => ({ ...request, body: job.body.replaceAll(PLACE, uuid7()) });
const load = autocannon(
  {
    url: job.url,
    method: "POST",
    headers: { "content-type": "application/json", ...job.headers },
    body: job.body,
    connections: job.connections,
    duration: job.seconds,
    ...(job.body.includes(PLACE) && { requests: [{ setupRequest: fresh }] }),
  },
  (error, found) => {
    if (error) throw error;
    const sorted = Float64Array.from(latencies).sort();
    const below = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? null;
    const { "2xx": ok, non2xx, errors, timeouts } = found;
    const counts = { ok, non2xx, errors, timeouts };
    console.log(JSON.stringify({ counts, rate: found.requests.average, p50: below(0.5), p99: below(0.99) }));
  },
);
// autocannon's own histogram holds whole milliseconds: too coarse for answers that take two.
load.on("response", (_client, _status, _bytes, milliseconds) => latencies.push(milliseconds));
