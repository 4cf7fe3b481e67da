// The command line of MCP Inspector: one process for each thing that it can do.
// Usage: node inspector.mjs ERA TRANSPORT URL, where ERA is legacy, modern or sse
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const { dependencies } = createRequire(import.meta.url)('../package.json');
const [era, transport, url] = process.argv.slice(2);
const flags = era === 'sse' ? ['--transport', 'sse'] : ['--protocol-era', era];
const row = { client: `MCP Inspector ${dependencies['@modelcontextprotocol/inspector']}`, transport };

const run = promisify(execFile);
async function inspect(method, ...args) {
  const { stdout } = await run('mcp-inspector', ['--cli', url, ...flags, '--format', 'json', '--method', method, ...args], { timeout: 120_000 });
  const out = JSON.parse(stdout);
  return out.result ?? out;
}

async function works(what, ...attempts) {
  try {
    await Promise.all(attempts.map((attempt) => attempt()));
    return 'yes';
  } catch (error) {
    console.error(`${row.client}, ${transport}, ${era}: ${what}: ${error.message} ${error.stdout ?? ''}`.slice(0, 2000));
    return 'no';
  }
}

row.protocol = (await inspect('tools/call', '--tool-name', 'protocol')).content[0].text;

// Strict: what is wrong with the schemas of the tools, for any client, is an error.
row.list = await works('list', async () => {
  const { tools } = await inspect('tools/list', '--strict');
  assert(tools.some((tool) => tool.name === 'echo'), 'echo is not on the list');
});
row.call = await works('call', async () => {
  const { structuredContent } = await inspect('tools/call', '--tool-name', 'echo', '--tool-arg', 'text=hi there');
  assert.deepEqual(structuredContent, { text: 'hi there' });
});
row.progress = row.listChanged = row.cancel = '–';
row.resources = await works('resources', async () => {
  const { resources } = await inspect('resources/list');
  assert(resources.some((resource) => resource.uri === 'api://interop/motd'), 'motd is not on the list');
}, async () => {
  const { contents } = await inspect('resources/read', '--uri', 'api://interop/notes/7');
  assert.equal(JSON.parse(contents[0].text).id, '7');
});
row.prompts = await works('prompts', async () => {
  const { prompts } = await inspect('prompts/list');
  assert(prompts.some((prompt) => prompt.name === 'test_simple_prompt'), 'the prompt is not on the list');
}, async () => {
  const { messages } = await inspect('prompts/get', '--prompt-name', 'test_simple_prompt');
  assert.equal(messages[0].content.text, 'Say hello.');
});
console.log(JSON.stringify(row));
