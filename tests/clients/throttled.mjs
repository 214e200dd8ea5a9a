// An empty budget as Apollo Client and urql see it: status 429, the time to wait, and the code. Argument: host, token.
import assert from 'node:assert/strict';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, ServerError, gql } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';

const [host, token] = process.argv.slice(2);
const url = `http://${host}/graphql`;
const DEAR = '{ __schema { queryType { name } } }'; // 100 points that do not come back
let last;

function apollo(accept) {
  const headers = { authorization: `Bearer ${token}`, ...(accept && { accept }) };
  const watched = async (target, init) => (last = await fetch(target, init));
  return new ApolloClient({ link: new HttpLink({ uri: url, headers, fetch: watched }), cache: new InMemoryCache() });
}
const asked = (accept) => apollo(accept).query({ query: gql(DEAR) }).then(() => null, (error) => error);

function told() {
  assert.equal(last.status, 429);
  const seconds = Number(last.headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 13, String(seconds));
}

assert.equal(await asked(), null);
const modern = await asked();
told();
assert.ok(CombinedGraphQLErrors.is(modern), String(modern));
assert.equal(modern.errors[0].extensions.code, 'THROTTLED');
const legacy = await asked('application/json');
told();
assert.ok(ServerError.is(legacy), String(legacy));
assert.equal(legacy.statusCode, 429);
assert.equal(JSON.parse(legacy.bodyText).errors[0].extensions.code, 'THROTTLED');

const urql = new Client({
  url,
  preferGetMethod: false,
  exchanges: [fetchExchange],
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
});
const { error } = await urql.query(DEAR, {}).toPromise();
assert.equal(error.graphQLErrors[0].extensions.code, 'THROTTLED');
assert.equal(error.response.status, 429);
assert.ok(Number(error.response.headers.get('retry-after')) >= 1);
