// The TypeScript SDK 1.x, and mcp-remote behind it.
// Usage: node sdk1.mjs http|sse|remote TRANSPORT URL [FLAG…], or
// node sdk1.mjs stdio TRANSPORT COMMAND…, where TRANSPORT is for the table.
import { createRequire } from 'node:module';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { exercise } from './exercise.mjs';

const { dependencies } = createRequire(import.meta.url)('../package.json');
const [kind, name, target, ...args] = process.argv.slice(2);
const row = { client: `TypeScript SDK ${dependencies['@modelcontextprotocol/sdk']}`, transport: name };
const spawn = (command, ...rest) => new StdioClientTransport({ command, args: rest, env: process.env, stderr: 'ignore' });
let transport;
switch (kind) {
  case 'http': transport = new StreamableHTTPClientTransport(new URL(target)); break;
  case 'sse': transport = new SSEClientTransport(new URL(target)); break;
  case 'stdio': transport = spawn(target, ...args); break;
  case 'remote':
    transport = spawn('mcp-remote', target, ...args);
    row.client = ['mcp-remote', dependencies['mcp-remote'], ...args].join(' ');
}
let protocol = '';
transport.setProtocolVersion = ((set) => (negotiated) => { protocol = negotiated; set?.call(transport, negotiated); })(transport.setProtocolVersion);

const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);
const client = new Client({ name: 'sdk1', version: '1' }, { capabilities: {} });
await exercise({
  row,
  client,
  connect: () => client.connect(transport),
  onListChanged: (f) => client.setNotificationHandler(ToolListChangedNotificationSchema, f),
  call,
  // What mcp-remote speaks to the server is not what is spoken with it.
  protocol: async () => (kind === 'remote' ? (await call('protocol', {})).content[0].text : protocol),
  close: async () => { await transport.terminateSession?.(); await client.close(); },
});
