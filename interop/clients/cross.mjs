// A client of a session and a modern one on one URL: both hear of a change,
// whichever made it. Usage: node cross.mjs URL
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { sleep } from './exercise.mjs';

const url = new URL(process.argv[2]);
const deadline = setTimeout(() => { console.error('no end after 30 s'); process.exit(1); }, 30_000);

async function listener(mode, protocol) {
  const heard = [];
  const client = new Client({ name: mode, version: '1' }, {
    capabilities: {},
    versionNegotiation: { mode },
    listChanged: { tools: { autoRefresh: true, onChanged: (error, tools) => heard.push(error ?? tools.map((tool) => tool.name)) } },
  });
  await client.connect(new StreamableHTTPClientTransport(url));
  assert.equal(client.getNegotiatedProtocolVersion(), protocol);
  return {
    grow: async () => (await client.callTool({ name: 'grow', arguments: {} })).content[0].text,
    async hears(name) {
      for (let i = 0; i < 100; i++, await sleep(20)) {
        if (heard.some((names) => names.includes(name))) return;
      }
      assert.fail(`${mode} did not hear of ${name}`);
    },
    close: () => client.close(),
  };
}

const clients = await Promise.all([listener('legacy', '2025-11-25'), listener('auto', '2026-07-28')]);
for (const changer of [...clients, ...clients]) {
  const name = await changer.grow();
  await Promise.all(clients.map((client) => client.hears(name)));
}
await Promise.all(clients.map((client) => client.close()));
clearTimeout(deadline);
process.exit(0);
