// What every SDK client tries: list, call, progress, a changed list, cancel,
// resources, prompts. Prints one row for the table in docs/clients.md: what
// worked, "no" for what did not.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

const patience = 3_000; // ms, for what arrives on its own

export async function exercise({ row, connect, onListChanged, client, call, protocol, close }) {
  const deadline = setTimeout(() => {
    console.error(`${JSON.stringify(row)}: no end after 60 s`);
    process.exit(1);
  }, 60_000);
  const told = new Set();
  let hear = () => {};
  onListChanged(() => { told.add('tools'); hear(); });
  await connect();
  row.protocol = await protocol();

  const names = async () => (await client.listTools()).tools.map((tool) => tool.name);
  row.list = await works('list', async () => {
    const listed = await names();
    for (const name of ['echo', 'slow', 'grow', 'test_sampling']) assert(listed.includes(name), `${name} is not on the list: ${listed}`);
  });
  row.call = await works('call', async () => {
    const echo = await call('echo', { text: 'hi' });
    assert.deepEqual(echo.structuredContent, { text: 'hi' });
    assert.equal(echo.content[0].text.trim(), '{"text":"hi"}');
    assert.equal((await call('echo', { text: 1 })).isError, true, 'a wrong argument is an error');
  });
  row.progress = await works('progress', async () => {
    let progress = 0;
    await call('slow', {}, { onprogress: () => { progress++; } });
    assert.equal(progress, 3, 'three lines are three notifications');
  });
  row.listChanged = await works('list_changed', async () => {
    told.clear();
    const heard = new Promise((resolve) => { hear = resolve; });
    const added = (await call('grow', {})).content[0].text;
    assert((await names()).includes(added), `${added} is not on the list`);
    await Promise.race([heard, sleep(patience)]);
    assert(told.has('tools'), 'nothing was heard of a changed list');
  });
  row.cancel = await works('cancel', async () => {
    const id = randomUUID();
    const state = async () => (await call('waited', { id })).content[0].text;
    const abort = new AbortController();
    const waiting = call('wait', { id }, { signal: abort.signal }).then(() => 'answered', () => 'ended');
    await eventually(async () => (await state()) === 'waiting', 'the call has not arrived');
    abort.abort();
    assert.equal(await waiting, 'ended');
    await eventually(async () => (await state()) === 'canceled', 'the API was not told');
  });
  row.resources = await works('resources', async () => {
    const { resources } = await client.listResources();
    assert(resources.some((resource) => resource.uri === 'api://interop/motd'), 'motd is not on the list');
    const { resourceTemplates } = await client.listResourceTemplates();
    assert(resourceTemplates.some((template) => template.uriTemplate === 'api://interop/notes/{id}'), 'notes are not on the list');
    const read = async (uri) => (await client.readResource({ uri })).contents[0];
    assert.equal((await read('api://interop/motd')).text, 'All is well.');
    assert.equal(JSON.parse((await read('api://interop/notes/7')).text).id, '7');
    assert(Buffer.from((await read('test://static-binary')).blob, 'base64').subarray(1, 4).equals(Buffer.from('PNG')));
    await assert.rejects(read('api://interop/nothing'));
  });
  row.prompts = await works('prompts', async () => {
    const { prompts } = await client.listPrompts();
    assert(prompts.some((prompt) => prompt.name === 'test_prompt_with_arguments'), 'the prompt is not on the list');
    const { messages } = await client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } });
    assert.equal(messages[0].content.text, "Compare 'a' and 'b'.");
  });
  console.log(JSON.stringify(row));
  await close();
  clearTimeout(deadline);
  process.exit(0);

  async function works(what, attempt) {
    try {
      await attempt();
      return 'yes';
    } catch (error) {
      console.error(`${row.client}, ${row.transport}, ${row.protocol}: ${what}: ${error.message}`);
      return 'no';
    }
  }
}

async function eventually(holds, otherwise) {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(20)) {
    if (await holds()) return;
  }
  throw new Error(otherwise);
}

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
