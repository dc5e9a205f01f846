"""Names of spans, attributes and metrics from OpenTelemetry's GenAI conventions.

They are kept in this one file since the conventions are still marked Development.
"""

from typing import Final

# Span names are the operation followed by its target: "invoke_agent toolmesh", "chat smollm2", "execute_tool add".
INVOKE_AGENT: Final = "invoke_agent"
CHAT: Final = "chat"
EMBEDDINGS: Final = "embeddings"
EXECUTE_TOOL: Final = "execute_tool"

OPERATION_NAME: Final = "gen_ai.operation.name"
AGENT_NAME: Final = "gen_ai.agent.name"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
ERROR_TYPE: Final = "error.type"

# Metrics, as Prometheus writes their names: dots become underscores, the unit is the ending.
TOKEN_USAGE: Final = "gen_ai_client_token_usage"
OPERATION_DURATION: Final = "gen_ai_client_operation_duration_seconds"
TIME_TO_FIRST_TOKEN: Final = "gen_ai_server_time_to_first_token_seconds"
TIME_PER_OUTPUT_TOKEN: Final = "gen_ai_server_time_per_output_token_seconds"
