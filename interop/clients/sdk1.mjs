// The TypeScript SDK 1.x. Usage: node sdk1.mjs http|sse URL
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { exercise } from './exercise.mjs';

const [kind, url] = process.argv.slice(2);
const client = new Client({ name: 'sdk1', version: '1' }, { capabilities: {} });
const transport = new (kind === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport)(new URL(url));
await exercise({
  label: `TypeScript SDK 1.x, ${kind}`,
  connect: () => client.connect(transport),
  onListChanged: (f) => client.setNotificationHandler(ToolListChangedNotificationSchema, f),
  list: () => client.listTools(),
  call: (name, args, onprogress) => client.callTool({ name, arguments: args }, undefined, { onprogress }),
  facts: () => ({ protocol: transport.protocolVersion ?? transport._protocolVersion ?? '2024-11-05' }),
  close: async () => { await transport.terminateSession?.(); await client.close(); },
});
