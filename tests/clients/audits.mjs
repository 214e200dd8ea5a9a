// graphql-http's audits of a server: one line each, exit code 1 unless all of them are ok.
// A query in the URL needs a preflight header here, as the specification's security notes recommend.
import { serverAudits } from 'graphql-http';

const [host] = process.argv.slice(2);

const fetchFn = (url, init = {}) => {
  const safe = (init.method ?? 'GET') === 'GET';
  return fetch(url, { ...init, headers: { ...init.headers, ...(safe && { 'graphql-require-preflight': '1' }) } });
};

const results = await Promise.all(
  serverAudits({ url: `http://${host}/graphql`, fetchFn }).map(async ({ id, name, fn }) => ({ id, name, ...(await fn()) })),
);
for (const { id, name, status, reason } of results) {
  console.log(`${status} ${id} ${name}${reason ? `: ${reason}` : ''}`);
}
process.exit(results.every(({ status }) => status === 'ok') ? 0 : 1);
