// The TypeScript SDK 2.x.
// Usage: node sdk2.mjs legacy|auto|pin TRANSPORT URL, or
// node sdk2.mjs legacy|auto|pin stdio COMMAND…, where TRANSPORT is for the table.
import { createRequire } from 'node:module';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { exercise } from './exercise.mjs';

const { dependencies } = createRequire(import.meta.url)('../package.json');
const [mode, name, target, ...args] = process.argv.slice(2);
let listChanged = () => {};
const client = new Client({ name: 'sdk2', version: '1' }, {
  capabilities: {},
  versionNegotiation: { mode: mode === 'pin' ? { pin: '2026-07-28' } : mode },
  listChanged: { tools: { onChanged: () => listChanged() } },
});
const transport = name === 'stdio'
  ? new StdioClientTransport({ command: target, args, stderr: 'ignore' })
  : new StreamableHTTPClientTransport(new URL(target));
await exercise({
  row: { client: `TypeScript SDK ${dependencies['@modelcontextprotocol/client']} ${mode}`, transport: name },
  client,
  connect: () => client.connect(transport),
  onListChanged: (f) => { listChanged = f; },
  call: (name, args, options) => client.callTool({ name, arguments: args }, options),
  protocol: () => client.getNegotiatedProtocolVersion(),
  close: () => client.close(),
});
