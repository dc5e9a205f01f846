"""What `toolmesh tools import-*` need: documents, names, and a look at the tools before they are deployed."""
