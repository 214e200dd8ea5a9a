// Apollo Client over HTTP: a query, an expected failure as data, an error with its code, GET, and persisted queries.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const [host, token] = process.argv.slice(2);
const sent = [];

function client(options = {}, persisted = false) {
  const http = new HttpLink({
    uri: `http://${host}/graphql`,
    headers: { authorization: `Bearer ${token}` },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      sent.push({ method: init.method, url: String(url), body: init.body, status: response.status });
      return response;
    },
    ...options,
  });
  const sha256 = (text) => createHash('sha256').update(text).digest('hex');
  return new ApolloClient({
    link: persisted ? new PersistedQueryLink({ sha256 }).concat(http) : http,
    cache: new InMemoryCache(),
    clientAwareness: { name: 'tests', version: '1' },
  });
}

const VIEWER = gql`query Viewer { viewer { username } }`;
const posting = client();
assert.equal((await posting.query({ query: VIEWER })).data.viewer.username, 'first_secretary');

const claim = gql`mutation Claim($input: ClaimCaseInput!) { claimCase(input: $input) { case { id } userErrors { code } } }`;
const variables = { input: { caseId: process.argv[4], expectedVersion: 1 } };
const claimed = await posting.mutate({ mutation: claim, variables });
assert.equal(claimed.data.claimCase.userErrors.length, 1);

const refused = await posting.query({ query: gql`query { nope }` }).then(() => null, (error) => error);
assert.ok(CombinedGraphQLErrors.is(refused), String(refused));
assert.equal(refused.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');

const getting = client({ useGETForQueries: true, headers: { authorization: `Bearer ${token}`, 'apollo-require-preflight': '1' } });
assert.equal((await getting.query({ query: VIEWER })).data.viewer.username, 'first_secretary');
assert.equal(sent.at(-1).method, 'GET');

const query = gql`query Registered { viewer { username roles } }`;
sent.length = 0;
assert.equal((await client({}, true).query({ query })).data.viewer.username, 'first_secretary');
assert.equal(sent.length, 2, 'hash alone, then hash with document');
assert.equal(JSON.parse(sent[0].body).query, undefined);
sent.length = 0;
assert.equal((await client({}, true).query({ query })).data.viewer.username, 'first_secretary');
assert.equal(sent.length, 1, 'the hash is enough once it is known');
