// The TypeScript SDK 2.x. Usage: node sdk2.mjs legacy|auto|pin URL
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { exercise } from './exercise.mjs';

const [mode, url] = process.argv.slice(2);
let listChanged = () => {};
const client = new Client({ name: 'sdk2', version: '1' }, {
  capabilities: {},
  versionNegotiation: { mode: mode === 'pin' ? { pin: '2026-07-28' } : mode },
  listChanged: { tools: { onChanged: () => listChanged() } },
});
const transport = new StreamableHTTPClientTransport(new URL(url));
await exercise({
  label: `TypeScript SDK 2.x, ${mode}`,
  connect: () => client.connect(transport),
  onListChanged: (f) => { listChanged = f; },
  list: () => client.listTools(),
  call: (name, args, onprogress) => client.callTool({ name, arguments: args }, { onprogress }),
  facts: () => ({ protocol: client.getNegotiatedProtocolVersion(), era: client.getProtocolEra() }),
  close: () => client.close(),
});
