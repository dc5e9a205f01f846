"""What a key may do."""

RUNS = "runs"
TOOLS_READ = "tools:read"
TOOLS_INVOKE = "tools:invoke"
TOOLS_WRITE = "tools:write"
# Runs code on the host, which is more than registering an address.
TOOLS_DEPLOY = "tools:deploy"
DOCUMENTS_READ = "documents:read"
DOCUMENTS_WRITE = "documents:write"
MEMORY_READ = "memory:read"
MEMORY_WRITE = "memory:write"
MODELS = "models"
ARENA_READ = "arena:read"
ARENA_WRITE = "arena:write"
# Grants every other scope.
ADMIN = "admin"
# Not a scope of keys: every key may ask, and the face asks for the scope of what is asked.
ANY_KEY = "(any key)"
# Not a scope of keys: routes that scrapers and browsers ask without a key.
OPEN = ""

ALL_SCOPES = frozenset(
    (
        RUNS,
        TOOLS_READ,
        TOOLS_INVOKE,
        TOOLS_WRITE,
        TOOLS_DEPLOY,
        DOCUMENTS_READ,
        DOCUMENTS_WRITE,
        MEMORY_READ,
        MEMORY_WRITE,
        MODELS,
        ARENA_READ,
        ARENA_WRITE,
        ADMIN,
    )
)
