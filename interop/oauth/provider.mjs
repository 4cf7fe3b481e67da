// An authorization server for these tests: oidc-provider on loopback, with
// registration or one fixed client, PKCE, resource indicators, and access tokens that
// are JWTs for the resource. Every user consents to everything.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

// newKey makes a key that signs.
function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' };
}

// start starts a provider whose tokens have the given scopes and live for so
// many seconds. With a client, it knows that one, and none can register. What it was asked
// for is in seen: "register", "authorize SCOPE", and "token GRANT".
export async function start(scopes, lifetime, client) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const seen = [];
  // use lets the provider sign with key, and publish no other one. What was
  // granted before stays.
  const use = (key) => {
    const provider = new Provider(issuer, configuration(scopes, lifetime, key, client));
    provider.on('registration_create.success', () => seen.push('register'));
    provider.on('authorization.success', (ctx) => { if (ctx.oidc.params?.scope !== undefined) seen.push(`authorize ${ctx.oidc.params.scope}`); });
    provider.on('grant.success', (ctx) => seen.push(`token ${ctx.oidc.params.grant_type}`));
    for (const event of ['authorization.error', 'grant.error', 'registration_create.error', 'server_error']) {
      provider.on(event, (ctx, error) => console.error(`provider: ${event}: ${error.error_description ?? error}`));
    }
    server.removeAllListeners('request');
    server.on('request', provider.callback());
  };
  use(newKey());
  return { issuer, seen, rotate: () => use(newKey()), stop: () => { server.close(); server.closeAllConnections(); } };
}

const cookieKeys = [randomUUID()];

// A Store keeps what the provider knows in memory, whatever its keys are.
const known = new Map();
class Store {
  constructor(model) { this.model = model; }
  async upsert(id, payload) {
    // A client registers for the scopes that it knows of then, and steps up later.
    if (this.model === 'Client') delete payload.scope;
    known.set(`${this.model} ${id}`, payload);
  }
  async find(id) { return known.get(`${this.model} ${id}`); }
  async findByUid(uid) { return [...known].find(([key, payload]) => key.startsWith(`${this.model} `) && payload.uid === uid)?.[1]; }
  async consume(id) { (await this.find(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { known.delete(`${this.model} ${id}`); }
  async revokeByGrantId(grant) { known.forEach((payload, key) => { if (payload.grantId === grant) known.delete(key); }); }
}

function configuration(scopes, lifetime, key, client) {
  return {
    clients: client ? [client] : [],
    adapter: Store,
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    jwks: { keys: [key] },
    cookies: { keys: cookieKeys },
    scopes: ['openid', 'offline_access', ...scopes],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    ttl: { AccessToken: lifetime, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600, IdToken: 600 },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: !client },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: scopes.join(' '), audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: lifetime, jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

// consent does what a user does in a browser: signs in, consents, and is sent
// back to the client, with the parameters that are returned.
export async function consent(address, redirectURL) {
  const cookies = new Map();
  let form;
  for (let hops = 0; hops < 20; hops++) {
    const response = await fetch(address, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    const next = response.headers.get('location') ?? response.headers.get('refresh')?.replace(/^0;url=/, '');
    if (next) {
      form = undefined;
      address = new URL(next, address);
      if (address.href.startsWith(redirectURL)) return address.searchParams;
      continue;
    }
    const page = await response.text();
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1];
    const request = /name="request" value="([^"]+)"/.exec(page)?.[1]; // the page of mcpmount
    if (!response.ok || !action || !prompt && !request) throw new Error(`${address}: ${response.status}: ${page.slice(0, 500)}`);
    address = new URL(action, address);
    form = request ? { request, answer: 'allow' } : { prompt, ...(prompt === 'login' && { login: 'alice', password: 'any' }) };
  }
  throw new Error(`no end at ${address}`);
}
