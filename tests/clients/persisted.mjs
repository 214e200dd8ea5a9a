// The production profile, as the console of a city: Apollo Client and urql over HTTP, graphql-ws over WebSocket.
// Arguments: host, token, "Accept" to insist on ("" for the client's own), and what is registered: the query as Apollo
// Client writes it, and a subscription; the cursor it starts from.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, createRequest, fetchExchange, makeOperation, stringifyDocument } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [host, token, accept, query, subscription, after] = process.argv.slice(2);
const url = `http://${host}/graphql`;
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const headers = { authorization: `Bearer ${token}`, 'x-client': 'console', ...(accept && { accept }) };
const wanted = accept === 'application/json' ? 200 : 400;
const sent = [];

async function watched(target, init) {
  const response = await fetch(target, { ...init, headers: { ...init.headers, ...headers } });
  sent.push({ method: init.method, body: init.body && JSON.parse(init.body), status: response.status });
  return response;
}

// Apollo Client: by hash alone, by GET too; what is not registered is sent again with its text and refused in words.
function apollo(options = {}) {
  const http = new HttpLink({ uri: url, fetch: watched, headers: { 'apollo-require-preflight': '1' } });
  return new ApolloClient({
    link: new PersistedQueryLink({ sha256, ...options }).concat(http),
    cache: new InMemoryCache(),
    clientAwareness: { name: 'console', version: '1' },
  });
}

const registered = gql(query);
assert.equal((await apollo().query({ query: registered })).data.viewer.username, 'first_secretary');
assert.deepEqual(sent.map(({ method, status }) => [method, status]), [['POST', 200]]);
assert.equal(sent[0].body.query, undefined);
sent.length = 0;
assert.equal((await apollo({ useGETForHashedQueries: true }).query({ query: registered })).data.viewer.username, 'first_secretary');
assert.deepEqual(sent.map(({ method, status }) => [method, status]), [['GET', 200]]);

sent.length = 0;
const refused = await apollo().query({ query: gql`query Unknown { viewer { roles } }` }).then(() => null, (error) => error);
assert.deepEqual(sent.map(({ status }) => status), [wanted, wanted], 'the hash, then the text');
assert.equal(typeof sent[1].body.query, 'string');
assert.ok(CombinedGraphQLErrors.is(refused), String(refused));
assert.equal(refused.errors[0].extensions.code, 'DOCUMENT_NOT_TRUSTED');

// urql: a document id in the place of a document, and the two steps of its persisted exchange.
sent.length = 0;
const urql = new Client({ url, fetch: watched, preferGetMethod: false, exchanges: [fetchExchange] });
const ask = (text, extensions) => urql.executeQuery(createRequest(text, {}, extensions)).toPromise();
const hashed = (text) => ({ version: 1, sha256Hash: sha256(text) });
const byId = { kind: 'Document', definitions: [], documentId: `sha256:${sha256(query)}` };
const operation = makeOperation('query', createRequest(byId, {}), { url, fetch: watched, requestPolicy: 'network-only' });
const found = await urql.executeRequestOperation(operation).toPromise();
assert.equal(found.error, undefined, String(found.error));
assert.equal(found.data.viewer.username, 'first_secretary');
assert.equal(sent[0].body.query, undefined);
assert.equal(sent[0].body.documentId, byId.documentId);
assert.equal((await ask(query, { persistedQuery: hashed(query) })).data.viewer.username, 'first_secretary');
assert.equal(sent[1].body.query, undefined);

const unknown = stringifyDocument(createRequest('{ viewer { roles } }', {}).query); // as urql sends it
const missed = await ask(unknown, { persistedQuery: hashed(unknown) });
assert.equal(missed.error.graphQLErrors[0].message, 'PersistedQueryNotFound', 'what its persisted exchange looks for');
const resent = await ask(unknown, { persistedQuery: { ...hashed(unknown), miss: true } });
assert.equal(resent.error.graphQLErrors[0].extensions.code, 'DOCUMENT_NOT_TRUSTED');
assert.deepEqual(sent.map(({ status }) => status), [200, 200, wanted, wanted]);

// graphql-ws: a query and a stream by name. It sends nothing without a query, so that is empty.
const socket = createClient({
  url: `ws://${host}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${token}`, 'x-client': 'console' },
  retryAttempts: 0,
});
const first = async (payload) => {
  for await (const result of socket.iterate({ query: '', ...payload })) return result;
};
const named = (text) => ({ extensions: { persistedQuery: hashed(text) } });
for (const payload of [named(query), { documentId: `sha256:${sha256(query)}` }]) {
  assert.equal((await first(payload)).data.viewer.username, 'first_secretary');
}
for (const payload of [named(subscription), { documentId: `sha256:${sha256(subscription)}` }]) {
  const news = await first({ ...payload, variables: { after } });
  assert.equal(typeof news.data.caseEvents.case.number, 'string');
}
const code = (payload) => first(payload).then(() => null, ([error]) => error.extensions.code);
assert.equal(await code(named(unknown)), 'PERSISTED_QUERY_NOT_FOUND');
assert.equal(await code({ query: unknown }), 'DOCUMENT_NOT_TRUSTED');
assert.equal(await code({}), 'BAD_REQUEST');
await socket.dispose();
