"""The route of the API that is measured, for FastAPI."""

from fastapi import FastAPI, Query
from pydantic import BaseModel

app = FastAPI(title="Warehouse")


class Item(BaseModel):
    id: int
    name: str
    price: float
    view: str
    tags: list[str]


@app.get("/items/{id}", operation_id="getItem")
async def get_item(id: int, view: str = Query("short")) -> Item:
    return Item(
        id=id,
        name="walnut shelf, oiled",
        price=129.5,
        view=view,
        tags=["walnut", "wood", "furniture"],
    )
