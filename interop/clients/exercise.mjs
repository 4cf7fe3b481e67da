// What every SDK client does: list, call, hear of progress and of a changed
// list. Exits with 1, saying what was wrong, if anything is not as it should be.
import assert from 'node:assert/strict';

export async function exercise({ label, connect, onListChanged, list, call, facts, close }) {
  const deadline = setTimeout(() => fail(new Error('no end after 30 s')), 30_000);
  const fail = (error) => { console.error(`FAIL ${label}: ${error.stack ?? error}`); process.exit(1); };
  try {
    const changed = new Promise((resolve) => onListChanged(resolve));
    await connect();
    const names = (await list()).tools.map((tool) => tool.name);
    for (const name of ['echo', 'slow', 'grow']) assert(names.includes(name), `${name} is not on the list: ${names}`);
    const echo = await call('echo', { text: 'hi' });
    assert.deepEqual(echo.structuredContent, { text: 'hi' });
    assert.equal(echo.content[0].text.trim(), '{"text":"hi"}');
    const wrong = await call('echo', { text: 1 });
    assert.equal(wrong.isError, true, 'a wrong argument is an error');
    let progress = 0;
    await call('slow', {}, () => { progress++; });
    assert.equal(progress, 3, 'three lines are three notifications');
    await call('grow', {});
    await changed;
    const { tools } = await list();
    assert.equal(tools.length, names.length + 1, 'the list has grown');
    console.log(`ok   ${label}`, JSON.stringify({ ...facts(), tools: tools.length, progress }));
    await close();
  } catch (error) {
    fail(error);
  }
  clearTimeout(deadline);
  process.exit(0);
}
