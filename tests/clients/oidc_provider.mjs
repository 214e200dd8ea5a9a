// npm's oidc-provider on a port: node oidc_provider.mjs <port, 0 for any> <key name> <redirect> [no secret needed: public client]
// Prints its issuer. Its own development pages ask for a name and a consent, as a real sign-in page would.
import http from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, kid, redirect] = process.argv.slice(2);
const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const server = http.createServer((request, response) => provider.callback()(request, response));
let provider;
server.listen(Number(port), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'civicgrid-daye',
        client_secret: 'a secret: with + and / in it',
        redirect_uris: [redirect],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    jwks: { keys: [{ ...jwk, kid, use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['for tests'] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    conformIdTokenClaims: false,
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id }),
    }),
  });
  console.log(issuer);
});
