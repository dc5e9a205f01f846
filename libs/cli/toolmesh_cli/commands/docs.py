"""`toolmesh docs`: add, search, list and remove documents."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from toolmesh_cli.connection import connect
from toolmesh_cli.output import JsonOption, local_time, say, stderr, stdout, write_json, write_table, write_text
from toolmesh_cli.plain_text import one_line, plain
from toolmesh_sdk import Client, Document

app = typer.Typer(no_args_is_help=True, help="Documents that can be searched: text, Markdown, HTML, PDF.")


@app.command()
def add(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", exists=True, dir_okay=False, readable=True)
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="A text instead of files.")] = None,
    title: Annotated[str, typer.Option("--title", help="Its title; the first heading or file name if left out.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Add documents from files, or one from a text."""
    if bool(files) == (text is not None):
        raise typer.BadParameter("give files or --text, one of the two")
    with connect() as client:
        if text is not None:
            added = [client.documents.add(text=text, title=title)]
        else:
            added = _add_files(client, files or [], title)
    if as_json:
        write_json([document.to_json() for document in added])
        return
    for document in added:
        write_text(f"added {document.id}  {document.title}  ({document.passage_count} passages)")


def _add_files(client: Client, files: list[Path], title: str) -> list[Document]:
    progress = track(files, "adding", console=stderr(), transient=True, disable=len(files) == 1)
    return [client.documents.add(file, title=title) for file in progress]


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="A question in plain language.")],
    top_k: Annotated[int, typer.Option("--top-k", min=1, max=100, help="How many passages.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Find passages for a question, best first, each with its source."""
    with connect() as client:
        found = client.documents.search(query, top_k=top_k)
    if as_json:
        write_json(found.to_json())
        return
    console = stdout()
    for hit in found.results:
        page = f", page {hit.passage.page}" if hit.passage.page else ""
        where = hit.passage.source or hit.passage.document
        console.print(plain(f"{hit.score:.2f}  {hit.passage.title}  ({where}{page})"), style="bold", soft_wrap=True)
        console.print(plain(f"      {one_line(hit.passage.text, 600)}"))
    if not found.results:
        say("nothing found: add documents with `toolmesh docs add FILE`")
    if found.degraded:
        say(found.degraded)


@app.command("list")
def list_documents(as_json: JsonOption = False) -> None:
    """List documents, newest first."""
    with connect() as client:
        found = list(client.documents.each(page_size=1000))
    if as_json:
        write_json([document.to_json() for document in found])
        return
    rows = [(d.id, d.title, d.passage_count, d.media_type, local_time(d.create_time), d.source) for d in found]
    columns = ("id", "title", "passages", "type", "added", "source")
    write_table(columns, rows, "no documents yet: add one with `toolmesh docs add FILE`")


@app.command()
def remove(
    documents: Annotated[list[str], typer.Argument(metavar="DOCUMENT...", help="Ids of documents.")],
    as_json: JsonOption = False,
) -> None:
    """Remove documents with their passages."""
    with connect() as client:
        for document in documents:
            client.documents.delete(document)
            if not as_json:
                write_text(f"removed {document}")
    if as_json:
        write_json(documents)
