"""The Python SDK, 1.x and 2.x.

Usage: python python.py legacy|auto HTTP|HTTP+SSE|stdio… URL-OR-COMMAND…

The second argument is for the table, too; what it begins with is the transport.
"""

import contextlib
import importlib.metadata
import json
import sys
import uuid

import anyio
from mcp import ClientSession, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client

VERSION = importlib.metadata.version("mcp")
PATIENCE = 3  # seconds, for what arrives on its own


class Heard:
    """What the server said on its own."""

    def __init__(self):
        self.tools = anyio.Event()

    async def __call__(self, message):
        message = getattr(message, "root", message)
        if getattr(message, "method", "") == "notifications/tools/list_changed":
            self.tools.set()


@contextlib.asynccontextmanager
async def connect1(transport, target, heard):
    """A session of the SDK 1.x."""
    if transport.startswith("stdio"):
        streams = stdio_client(StdioServerParameters(command=target[0], args=target[1:]))
    elif transport.startswith("HTTP+SSE"):
        streams = sse_client(target[0])
    else:
        from mcp.client.streamable_http import streamablehttp_client

        streams = streamablehttp_client(target[0])
    async with streams as (read, write, *_), ClientSession(read, write, message_handler=heard) as session:
        yield session, (await session.initialize()).protocolVersion


@contextlib.asynccontextmanager
async def connect2(mode, transport, target, heard):
    """A client of the SDK 2.x."""
    from mcp.client.client import Client

    server = target[0]
    if transport.startswith("stdio"):
        server = StdioServerParameters(command=target[0], args=target[1:])
    elif transport.startswith("HTTP+SSE"):
        server = sse_client(target[0])
    async with Client(server, mode=mode, message_handler=heard) as client:
        yield client, client.protocol_version


def plain(result):
    """A result as it is on the wire, in any version of the SDK."""
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


class Exercise:
    def __init__(self, client, protocol, heard):
        self.client, self.protocol, self.heard = client, protocol, heard

    async def call(self, name, arguments, **options):
        return plain(await self.client.call_tool(name, arguments, **options))

    async def names(self):
        return [tool["name"] for tool in plain(await self.client.list_tools())["tools"]]

    async def list(self):
        missing = {"echo", "slow", "grow", "test_sampling"} - set(await self.names())
        assert not missing, f"not on the list: {missing}"

    async def call_tool(self):
        echo = await self.call("echo", {"text": "hi"})
        assert echo["structuredContent"] == {"text": "hi"}, echo
        assert json.loads(echo["content"][0]["text"]) == {"text": "hi"}, echo
        assert (await self.call("echo", {"text": 1}))["isError"], "a wrong argument is an error"

    async def progress(self):
        seen = []

        async def on_progress(progress, total=None, message=None):
            seen.append(progress)

        await self.call("slow", {}, progress_callback=on_progress)
        assert len(seen) == 3, f"three lines are three notifications, not {seen}"

    async def list_changed(self):
        if self.protocol >= "2026-07-28":
            async with self.client.listen(tools_list_changed=True) as events:
                await self.grow()
                with anyio.fail_after(PATIENCE):
                    async for _ in events:
                        return
        self.heard.tools = anyio.Event()
        await self.grow()
        with anyio.fail_after(PATIENCE):
            await self.heard.tools.wait()

    async def grow(self):
        added = (await self.call("grow", {}))["content"][0]["text"]
        assert added in await self.names(), f"{added} is not on the list"

    async def cancel(self):
        arguments = {"id": str(uuid.uuid4())}

        async def state(want):
            for _ in range(PATIENCE * 50):
                if (await self.call("waited", arguments))["content"][0]["text"] == want:
                    return
                await anyio.sleep(0.02)
            raise AssertionError(f"the wait is never {want}")

        async with anyio.create_task_group() as group:
            group.start_soon(self.call, "wait", arguments)
            await state("waiting")
            group.cancel_scope.cancel()
        await state("canceled")

    async def resources(self):
        uris = [r["uri"] for r in plain(await self.client.list_resources())["resources"]]
        assert "api://interop/motd" in uris, uris
        templates = [r["uriTemplate"] for r in plain(await self.client.list_resource_templates())["resourceTemplates"]]
        assert "api://interop/notes/{id}" in templates, templates
        assert (await self.read("api://interop/motd"))["text"] == "All is well."
        assert json.loads((await self.read("api://interop/notes/7"))["text"])["id"] == "7"
        assert (await self.read("test://static-binary"))["blob"].startswith("iVBORw0KGgo")
        try:
            await self.read("api://interop/nothing")
        except Exception:  # which one depends on the version
            return
        raise AssertionError("a resource that is not there could be read")

    async def read(self, uri):
        if VERSION.startswith("1."):
            from pydantic import AnyUrl

            uri = AnyUrl(uri)
        return plain(await self.client.read_resource(uri))["contents"][0]

    async def prompts(self):
        name = "test_prompt_with_arguments"
        assert name in [p["name"] for p in plain(await self.client.list_prompts())["prompts"]]
        prompt = plain(await self.client.get_prompt(name, {"arg1": "a", "arg2": "b"}))
        assert prompt["messages"][0]["content"]["text"] == "Compare 'a' and 'b'.", prompt


async def main(mode, transport, *target):
    heard = Heard()
    row = {"client": f"Python SDK {VERSION}", "transport": transport}
    if VERSION.startswith("1."):
        connection = connect1(transport, target, heard)
    else:
        row["client"] += " " + mode
        connection = connect2(mode, transport, target, heard)
    with anyio.fail_after(60):
        async with connection as (client, row["protocol"]):
            exercise = Exercise(client, row["protocol"], heard)
            for column, attempt in {
                "list": exercise.list,
                "call": exercise.call_tool,
                "progress": exercise.progress,
                "listChanged": exercise.list_changed,
                "cancel": exercise.cancel,
                "resources": exercise.resources,
                "prompts": exercise.prompts,
            }.items():
                try:
                    await attempt()
                    row[column] = "yes"
                except Exception as error:
                    print(f"{row['client']}, {transport}, {row['protocol']}: {column}: {error!r}"[:2000], file=sys.stderr)
                    row[column] = "no"
    print(json.dumps(row))


anyio.run(main, *sys.argv[1:])
