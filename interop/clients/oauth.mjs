// The TypeScript SDKs with an authorization server: the command mcpmount in
// front of its demo shop, tokens from oidc-provider; or, with mcpmount for a server, from
// mcpmount, of which oidc-provider knows one client and registers no other. Prints one
// row for the table in docs/clients.md: what worked, "no" for what did not.
// Usage: node oauth.mjs sdk1|sdk2 MCPMOUNT oidc-provider|mcpmount [GRANT…], where the client
// registers for the grants, authorization_code and refresh_token if none is given.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { consent, start } from '../oauth/provider.mjs';
import { sleep } from './exercise.mjs';

const [version, mcpmount, server, ...given] = process.argv.slice(2);
const through = server === 'mcpmount';
const grants = given.length > 0 ? given : ['authorization_code', 'refresh_token'];
const renewal = grants.includes('refresh_token') ? /^token refresh_token(,token refresh_token)*$/ : /^authorize (products:read|openid).*,token authorization_code$/;
const library = { sdk1: '@modelcontextprotocol/sdk', sdk2: '@modelcontextprotocol/client' }[version];
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = version === 'sdk2' ? await import(library) : {
  ...await import(`${library}/client/index.js`), ...await import(`${library}/client/streamableHttp.js`), ...await import(`${library}/client/auth.js`),
};
const row = { client: `TypeScript SDK ${createRequire(import.meta.url)('../package.json').dependencies[library]}`, server, refresh: grants.includes('refresh_token') ? 'yes' : '–' };
const redirectURL = 'http://127.0.0.1:1/callback'; // nobody listens: consent() reads it

// A token lives for 5 s and is accepted for 30 s more, since clocks differ; those of
// mcpmount are accepted for as long as those of the provider live. Keys that nobody knows are
// looked up once in 30 s.
const lifetime = through ? 15 : 5;
const past = 38_000;
const scopes = ['products:read', 'orders:read'];

const children = [];
process.on('exit', () => children.forEach((child) => child.kill()));
setTimeout(() => { console.error(`${row.client}: no end after 100 s`); process.exit(1); }, 100_000).unref();

const host = `127.0.0.1:${await freePort()}`;
const endpoint = new URL(`http://${host}/mcp`);
const secret = `s3cr3t-${randomUUID()}`;
const issuer = await start(scopes, lifetime, through && {
  client_id: 'mcpmount', client_secret: secret, redirect_uris: [`http://${host}/callback`], grant_types: ['authorization_code', 'refresh_token'],
});
const shop = `http://127.0.0.1:${await freePort()}`;
await run('demo', '--listen', new URL(shop).host);
process.env.LOGIN_SECRET = secret;
await run('serve', '--listen', host, '--public-url', endpoint.href, '--upstream', shop,
  ...(through ? ['--auth', 'oauth', '--auth-client', 'mcpmount=env:LOGIN_SECRET', '--auth-user', '*'] : ['--auth', 'jwt']),
  '--auth-issuer', issuer.issuer, '--auth-scope', 'products:read', '--auth-step-up', fileURLToPath(new URL('../oauth/api.yaml', import.meta.url)));

// took returns what the provider was asked for since the last time.
const took = () => issuer.seen.splice(0).join();
const product = async (session) => assert.equal((await session.call('getProduct', { id: 'mug' })).structuredContent.id, 'mug');

let first;
row.login = await works('login', async () => {
  await assert.rejects(new Client({ name: version, version: '1' }).connect(new StreamableHTTPClientTransport(endpoint)), /401|Unauthorized|credential/i);
  first = await login();
  assert.match(took(), through ? /^authorize openid,token authorization_code$/ : /^register,authorize products:read( offline_access)?,token authorization_code$/);
});
row.list = await works('list', async () => {
  assert.deepEqual((await first.client.listTools()).tools.map((tool) => tool.name).sort(), ['getProduct', 'listOrders']);
});
row.call = await works('call', async () => {
  await product(first);
  assert.equal(took(), '');
});
row.stepUp = await works('step-up', async () => {
  const result = await first.call('listOrders', {});
  assert(!result.isError, JSON.stringify(result));
  assert.match(took(), through ? /authorize openid/ : /authorize [^,]*orders:read/);
  await product(first);
  assert.equal(took(), '', 'the better token is good for both');
});
const begun = Date.now();
row.expiry = await works('expiry', async () => {
  took();
  await sleep(past - (Date.now() - begun)); // the stream of the session ends, and may be what renews the token
  await product(first);
  assert.match(took(), renewal);
});
row.rotation = await works('rotation', async () => {
  issuer.rotate(); // to a key that mcpmount has never seen
  const second = await login();
  await product(second);
  took();
  await product(first); // its token has a key that is gone
  if (!through) assert.match(took(), renewal); // mcpmount has no keys
});
row.logout = !through ? '–' : await works('logout', async () => {
  const { client, tokens } = first.saved;
  const call = () => fetch(endpoint, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.access_token}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
  assert.equal((await call()).status, 200);
  const form = { client_id: client.client_id, token: tokens.refresh_token ?? tokens.access_token };
  assert.equal((await fetch(`http://${host}/revoke`, { method: 'POST', body: new URLSearchParams(form) })).status, 200);
  assert.equal((await call()).status, 401);
});
console.log(JSON.stringify(row));
process.exit(0);

// login connects a client that has nothing but the URL.
async function login() {
  const saved = {};
  const provider = {
    redirectUrl: redirectURL,
    clientMetadata: {
      client_name: version, redirect_uris: [redirectURL], application_type: 'native', token_endpoint_auth_method: 'none',
      grant_types: grants, response_types: ['code'],
    },
    state: () => (saved.state = randomUUID()),
    clientInformation: () => saved.client,
    saveClientInformation: (client) => { saved.client = client; },
    tokens: () => saved.tokens,
    saveTokens: (tokens) => { saved.tokens = tokens; },
    redirectToAuthorization: (url) => { saved.url = url; },
    saveCodeVerifier: (verifier) => { saved.verifier = verifier; },
    codeVerifier: () => saved.verifier,
    saveDiscoveryState: (discovery) => { saved.discovery = discovery; },
    discoveryState: () => saved.discovery,
  };
  // allowed tries, and once more after the user has consented.
  const allowed = async (transport, attempt) => {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UnauthorizedError) || !saved.url) throw error;
    }
    const answer = await consent(saved.url, redirectURL);
    assert.equal(answer.get('state'), saved.state);
    assert(answer.get('code'), `no code: ${answer}`);
    await (version === 'sdk2' ? transport.finishAuth(answer) : transport.finishAuth(answer.get('code')));
    return attempt();
  };
  const client = new Client({ name: version, version: '1' }, version === 'sdk2' ? { versionNegotiation: { mode: 'auto' } } : {});
  let transport;
  await allowed({ finishAuth: (...args) => transport.finishAuth(...args) }, () => {
    transport = new StreamableHTTPClientTransport(endpoint, { authProvider: provider });
    return client.connect(transport);
  });
  return { saved, client, call: (name, args) => allowed(transport, () => client.callTool({ name, arguments: args })) };
}

async function works(what, attempt) {
  try {
    await attempt();
    return 'yes';
  } catch (error) {
    console.error(`${row.client}, OAuth: ${what}: ${error.message}`);
    return 'no';
  }
}

// run starts mcpmount, and returns once it serves.
async function run(...args) {
  const child = spawn(mcpmount, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let text = '';
  const listening = args[args.indexOf('--listen') + 1];
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (data) => {
      text += data;
      if (text.includes(`http://${listening}`)) resolve();
      if (process.env.MCPMOUNT_LOG) process.stderr.write(data);
    });
    child.on('exit', (code) => reject(new Error(`mcpmount ${args[0]} ended with ${code}: ${text}`)));
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
