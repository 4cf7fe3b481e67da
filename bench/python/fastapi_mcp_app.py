"""The API with FastAPI-MCP in the same process."""

from fastapi_mcp import FastApiMCP

from warehouse import app

FastApiMCP(app).mount_http()
