"""Tools in a Kubernetes cluster: sources into a ConfigMap, a Tool resource, and its way to ready."""
