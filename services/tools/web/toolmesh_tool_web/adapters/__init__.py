"""HTTP within the bounds of `toolmesh_core.egress`."""
