// urql over HTTP POST: a query, an error with path and code, and a mutation.
import assert from 'node:assert/strict';
import { Client, fetchExchange } from '@urql/core';

const [host, token, id] = process.argv.slice(2);
const client = new Client({
  url: `http://${host}/graphql`,
  preferGetMethod: false,
  exchanges: [fetchExchange],
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
});

const viewer = await client.query('query { viewer { username } }', {}).toPromise();
assert.equal(viewer.error, undefined, String(viewer.error));
assert.equal(viewer.data.viewer.username, 'first_secretary');

const wrong = await client.query('query($n: Int!) { cases(first: $n) { nodes { id } } }', { n: 'many' }).toPromise();
assert.equal(wrong.error.graphQLErrors[0].extensions.code, 'BAD_USER_INPUT');

const CLAIM = 'mutation($input: ClaimCaseInput!) { claimCase(input: $input) { case { id } userErrors { code } } }';
const claimed = await client.mutation(CLAIM, { input: { caseId: id, expectedVersion: 1 } }).toPromise();
assert.equal(claimed.error, undefined, String(claimed.error));
assert.equal(claimed.data.claimCase.userErrors.length, 1);
