// graphql-ws: a query, a mutation, and a subscription that goes on from its cursor after the server went away.
// Prints the number of the case with every notice; ends after notices of as many cases as it is asked for.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [host, token, after, count, id] = process.argv.slice(2);
let connections = 0;
const client = createClient({
  url: `ws://${host}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${token}` },
  retryAttempts: 50,
  shouldRetry: () => true, // the default gives up when nobody listens for a moment
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
  on: { connected: () => (connections += 1) },
});

async function once(payload) {
  for await (const result of client.iterate(payload)) return result;
}

const viewer = await once({ query: '{ viewer { username } }' });
assert.equal(viewer.data.viewer.username, 'first_secretary');
const CLAIM = 'mutation($input: ClaimCaseInput!) { claimCase(input: $input) { userErrors { code } } }';
const claimed = await once({ query: CLAIM, variables: { input: { caseId: id, expectedVersion: 1 } } });
assert.equal(claimed.errors, undefined);
assert.equal(claimed.data.claimCase.userErrors.length, 1);

// The client sends the payload again when it comes back: what it has seen by then must be in it.
const variables = { after };
const query = 'subscription($after: String) { caseEvents(after: $after) { cursor case { number } } }';
const cursors = [];
const numbers = new Set();
const before = connections;
await new Promise((resolve, reject) => {
  const stop = client.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors) return reject(new Error(JSON.stringify(errors)));
        variables.after = data.caseEvents.cursor;
        cursors.push(data.caseEvents.cursor);
        numbers.add(data.caseEvents.case.number);
        console.log(data.caseEvents.case.number);
        if (numbers.size === Number(count)) { stop(); resolve(); }
      },
      error: reject,
      complete: resolve,
    },
  );
});
assert.equal(new Set(cursors).size, cursors.length, 'each event once');
assert.deepEqual([...numbers], [...numbers].sort(), 'in order: the city numbers its cases');
assert.ok(connections > before + 1, 'the stream came back on another connection');
await client.dispose();
